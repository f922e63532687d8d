using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// A line of the audit trail about what changes nothing else; the outcome is false if it stands there and is to stand there once.
/// </summary>
internal sealed class NoteDecision(AuditNote note) : Decision<bool>
{
    public override Step<bool> Begin(Present present) => note.OnceWithin is { } period
        ? Steps.Ask(new IsNoted(note.SessionId, note.Action, present.Second - (long)period.TotalSeconds), isNoted =>
            isNoted ? Steps.Done(false) : Noted(present))
        : Noted(present);

    private Step<bool> Noted(Present present)
    {
        var about = new AuditSubject(Reason: note.Reason, Subject: note.Subject, SessionId: note.SessionId);
        return Steps.Done(true, new ChangeList(present).Note(note.Action, note.Audit, about).Build());
    }
}
