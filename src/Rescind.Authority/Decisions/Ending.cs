using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>The end of one session that is known to be there, whatever else has ended it.</summary>
internal static class Ending
{
    /// <summary>
    /// Adds an act of its own to <paramref name="changes"/>, or nothing where one of this actor stands; goes on with that act.
    /// </summary>
    public static Step<T> Session<T>(
        ChangeList changes, Session session, string reason, AuditContext audit, Func<LogPosition, Step<T>> next)
    {
        var draft = new RevocationDraft
        {
            Issuer = changes.Present.Issuer, Match = Match.Session(session.Id), Effect = Effect.End, Reason = reason,
            Audit = audit, Once = true,
        };
        return OwnEnds.AskStanding(changes.Present, draft, standing => standing is null
            ? Appending.Ask(changes, draft, session.Subject, act =>
            {
                changes.Add(new EndSession(session.Id, act.Position, act.At));
                return next(act.Position);
            })
            : next(standing.Position));
    }
}
