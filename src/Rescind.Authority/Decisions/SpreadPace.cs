using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>How fast an act that is spread reaches the sessions of our own issuer, or the tokens of another.</summary>
internal static class SpreadPace
{
    /// <summary>The most steps in which the cutoff of another issuer advances: each is an entry of the log.</summary>
    private const long MostSteps = 100;

    /// <summary>Whether nobody knows yet over how many sessions it is spread.</summary>
    public static bool IsUncounted(OpenSpread spread, string ownIssuer, long now) =>
        spread.Act is { Sessions: null, LiftedBy: null } act && act.Issuer == ownIssuer && now < act.At + act.Spread;

    /// <summary>
    /// How many sessions are to be reached at once: as many as the time that has passed asks for, and no more than one
    /// step takes.
    /// </summary>
    public static int DueAt(OpenSpread spread, long now)
    {
        var act = spread.Act;
        var elapsed = Math.Clamp(now - act.At, 0, act.Spread);
        return act.LiftedBy is null && elapsed < act.Spread
            ? (int)Math.Clamp(((act.Sessions ?? 0) * elapsed / act.Spread) - spread.Scanned, 0, SpreadDecision.MostAtOnce)
            : 0;
    }

    /// <summary>Whether a step is to be taken: most of the time none is.</summary>
    /// <param name="spread">The spread.</param>
    /// <param name="due">The sessions to be reached, at our own issuer.</param>
    /// <param name="ownIssuer">Our own issuer.</param>
    /// <param name="now">The present second.</param>
    /// <param name="issuer">The record of another issuer.</param>
    public static bool IsDue(OpenSpread spread, SoughtSessions due, string ownIssuer, long now, Func<IssuerRecord?> issuer)
    {
        var act = spread.Act;
        return act.LiftedBy is not null || now >= act.At + act.Spread
            || (act.Issuer == ownIssuer ? due.To != spread.After : CutoffAt(now, act, issuer()) > act.Second);
    }

    /// <summary>
    /// How far the cutoff of an act at another issuer has advanced: from what has expired anyway to the moment of the act.
    /// </summary>
    public static long CutoffAt(long now, Revocation act, IssuerRecord? issuer)
    {
        var first = Acts.FirstCutoff(act.At, issuer);
        var steps = Math.Min(act.Spread, MostSteps);
        var taken = steps * (now - act.At) / act.Spread;
        return first + ((act.At - first) * taken / steps);
    }
}
