using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>What an act is, whoever asks for it and wherever it is kept.</summary>
internal static class Acts
{
    private const long PositionsPerSecond = 1_000_000;

    /// <summary>The act that a draft becomes at a position and second.</summary>
    public static Revocation Of(RevocationDraft draft, LogPosition position, long at, IssuerRecord? issuer, bool own)
    {
        var byPosition = own && draft.Effect is Effect.End or Effect.Renew;
        var cutoff = draft.Spread > 0 && !own ? FirstCutoff(at, issuer) : draft.Second ?? at;
        var second = Math.Min(cutoff, byPosition ? at : long.MaxValue);

        // Its position is above everything that was given out before, so tokens of a clock that was ahead are older than it.
        var newest = Math.Max(at, position.Value == LogPosition.MaxValue ? 0 : position.Value / PositionsPerSecond);
        return new()
        {
            Position = position,
            At = at,
            Issuer = draft.Issuer,
            Match = draft.Match,
            Effect = draft.Effect,
            Second = second,
            Reason = draft.Reason,
            Actor = draft.Audit.Actor,
            RememberUntil = Retention.RememberUntil(draft.Match, draft.Effect, newest, second, draft.TokenExpires, issuer),
            BySession = byPosition && !draft.Match.EndsUnconditionally
                && (second < at || draft.Except.Count > 0 || draft.Spread > 0),
            Except = draft.Except,
            Spread = draft.Spread,
        };
    }

    /// <summary>
    /// The cutoff that an act at another issuer begins with if it is spread: whatever is from before it has expired.
    /// </summary>
    public static long FirstCutoff(long at, IssuerRecord? issuer) => at - (issuer?.Limits.MaxTokenLifetime ?? 0);
}
