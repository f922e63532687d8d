using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>Whether acts touch sessions, or did: judged one by one, with the algebra that refuses their tokens. Pure.</summary>
internal static class Touching
{
    /// <summary>
    /// How many acts of one effect on one match are looked at to judge a session as it stood before a later act.
    /// </summary>
    public const int MostEarlier = 32;

    /// <summary>
    /// Since when acts on a match of a session count: what ends a session itself does so whenever it was recorded.
    /// </summary>
    public static LogPosition SinceOf(Match match, SessionFacts facts) => match.EndsUnconditionally ? default : facts.Started;

    /// <summary>
    /// Whether an act that names a session touches it while it lives at <paramref name="now"/>: one that is blocked can
    /// still be ended; after a lift it does not live again while another block is in force.
    /// </summary>
    /// <param name="act">The act.</param>
    /// <param name="session">The session, not judged.</param>
    /// <param name="ownIssuer">Our own issuer.</param>
    /// <param name="now">The present second.</param>
    /// <param name="deciding">The acts that decide whether it lives now.</param>
    public static bool IsTouched(
        Revocation act, Session session, string ownIssuer, long now, Func<SessionFacts, IEnumerable<Revocation>> deciding) =>
        session.StateAt(now) is SessionState.Active
        && session.FactsAt(ownIssuer) is var facts
        && (act.Match.Kind is MatchKind.Key || SessionJudge.Selects(act, facts))
        && SessionJudge.Decide(facts, deciding(facts), now).Kind is var kind
        && (kind is SessionVerdictKind.Live || (kind is SessionVerdictKind.Blocked && act.LiftedBy is null));

    /// <summary>Whether an act that is lifted kept sessions from living until <paramref name="now"/>.</summary>
    public static bool HeldSessions(Revocation lifted, long now) =>
        lifted.Effect is Effect.End || (lifted.Effect is Effect.Block && lifted.Second > now);

    /// <summary>Whether it can be said that what an act names was ever seen.</summary>
    public static bool IsKnowable(Revocation act, string ownIssuer) =>
        act.Issuer == ownIssuer && act.Match.Traits.IsRecorded;

    /// <summary>Whether an act can end sessions of ours. A block included: who is locked out is to be logged out.</summary>
    public static bool CanEndSessions(Revocation act, string ownIssuer) =>
        act.Issuer == ownIssuer && act.Effect is Effect.End or Effect.Block && act.Match.Traits.NamesSessions;

    /// <summary>Whether an act ended a session that it names. One that was over by its lifetimes did not end by an act.</summary>
    /// <param name="act">The act.</param>
    /// <param name="session">The session, not judged.</param>
    /// <param name="ownIssuer">Our own issuer.</param>
    /// <param name="before">The acts that decided whether it lived just before the act.</param>
    public static bool IsEndedBy(
        Revocation act, Session session, string ownIssuer, Func<SessionFacts, IEnumerable<Revocation>> before) =>
        (session with { EndedBy = null }).StateAt(act.At) is SessionState.Active
        && session.FactsAt(ownIssuer) is var facts
        && SessionJudge.Selects(act, facts)
        && SessionJudge.Decide(facts, before(facts), act.At).Kind is SessionVerdictKind.Live;

    /// <summary>An act as it stood just before <paramref name="later"/>: a lift that came after it had not come.</summary>
    public static Revocation AsBefore(Revocation act, Revocation later) =>
        act.LiftedBy > later.Position ? act with { LiftedBy = null } : act;
}
