using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>How fast an act that is spread reaches the sessions of our own issuer.</summary>
internal static class SpreadPace
{
    /// <summary>Whether nobody knows yet over how many sessions it is spread.</summary>
    public static bool IsUncounted(OpenSpread spread, string ownIssuer, long now) =>
        spread.Act is { Sessions: null, LiftedBy: null } act && act.Issuer == ownIssuer && now < act.At + act.Spread;

    /// <summary>How many sessions are to be reached at once: as many as the time that has passed asks for, and no more than one step takes.</summary>
    public static int DueAt(OpenSpread spread, long now)
    {
        var act = spread.Act;
        var elapsed = Math.Clamp(now - act.At, 0, act.Spread);
        return act.LiftedBy is null && elapsed < act.Spread
            ? (int)Math.Clamp(((act.Sessions ?? 0) * elapsed / act.Spread) - spread.Scanned, 0, SpreadDecision.MostAtOnce)
            : 0;
    }
}
