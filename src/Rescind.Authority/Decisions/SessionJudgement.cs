using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>What became of a session: by its row, or else by the acts that touch it.</summary>
internal static class SessionJudgement
{
    /// <summary>Goes on with the session, judged now.</summary>
    public static Step<T> Ask<T>(Present present, Session session, Func<Session, Step<T>> next)
    {
        if (session.EndedBy is not null)
        {
            return next(session);
        }

        var facts = session.FactsAt(present.Issuer);
        return Steps.Ask(new ActsTouching(facts, present.Second), acts => next(Of(session, facts, acts, present.Second)));
    }

    /// <summary>
    /// A session that its row does not end, with the act that ended it, or else the block that is in force on it.
    /// </summary>
    public static Session Of(Session session, SessionFacts facts, IEnumerable<Revocation> acts, long now)
    {
        var verdict = SessionJudge.Decide(facts, acts, now);
        return verdict.Kind switch
        {
            SessionVerdictKind.Live => session,
            SessionVerdictKind.Ended => session with { EndedBy = verdict.By },
            _ => session with { BlockedBy = verdict.By },
        };
    }
}
