using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>
/// The start of a session: refused where a block holds, where the login lies before the newest <c>end</c> on its
/// subject, and where what it would replace is not of the same subject and client.
/// </summary>
internal sealed class StartDecision(SessionDraft draft) : Decision<StartOutcome>
{
    public override Step<StartOutcome> Begin(Present present)
    {
        var head = present.Head.Position;
        var session = draft.Session with
        {
            Started = head,
            Tags = [.. draft.Session.Tags.Select(tag => tag with { Since = head })],
            AuthenticatedAt = draft.Session.AuthenticatedAt == 0 ? present.Second : draft.Session.AuthenticatedAt,
        };
        return SessionJudgement.Ask(present, session, judged => (judged.EndedBy ?? judged.BlockedBy) is { } by
            ? Refused(StartResult.Blocked, by)
            : AskLogin(present, session));
    }

    // A login that its caller dated raced what was ended meanwhile.
    private Step<StartOutcome> AskLogin(Present present, Session session) => draft.Session.AuthenticatedAt == 0
        ? AskReplaced(present, session)
        : Steps.Ask(new FurthestEndOf(session.Subject), end => end is not null && session.AuthenticatedAt < end.Second
            ? Refused(StartResult.LoginBeforeEnd, end.Position)
            : AskReplaced(present, session));

    private Step<StartOutcome> AskReplaced(Present present, Session session) => draft.Replaces is null
        ? Start(present, session, null)
        : Steps.Ask(new SessionById(draft.Replaces, IsToEnd: true), row =>
            row?.Session is { } replaced && replaced.Subject == session.Subject && replaced.ClientId == session.ClientId
                ? Start(present, session, replaced)
                : Refused(StartResult.ReplacesUnknown, default));

    private Step<StartOutcome> Start(Present present, Session session, Session? replaced)
    {
        var changes = new ChangeList(present)
            .Add(new InsertSession(session))
            .Note("session.started", draft.Audit, new(
                present.Issuer, Match.Session(session.Id), Subject: session.Subject, SessionId: session.Id));
        return replaced is null
            ? Started()
            : Ending.Session(changes, replaced, "replaced by a new session", draft.Audit, _ => Started());

        Step<StartOutcome> Started() => Steps.Done(
            new StartOutcome(StartResult.Started, session, default) { Registry = present.Registry },
            changes.Build() with { Minted = present.Second });
    }

    private static Step<StartOutcome> Refused(StartResult result, LogPosition by) =>
        Steps.Done(new StartOutcome(result, null, by));
}
