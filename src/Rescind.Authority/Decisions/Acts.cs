using Rescind.Authority.Stores;

namespace Rescind.Authority.Decisions;

/// <summary>What an act is, whoever asks for it and wherever it is kept.</summary>
internal static class Acts
{
    private const long PositionsPerSecond = 1_000_000;

    /// <summary>The act that a draft becomes.</summary>
    public static Revocation Of(RevocationDraft draft, ActTime time, IssuerRecord? issuer, bool own)
    {
        var (position, at) = (time.Position, time.At);
        var byPosition = own && draft.Effect is Effect.End or Effect.Renew;
        var cutoff = draft.Spread > 0 && !own ? FirstCutoff(at, issuer) : draft.Second ?? at;
        var second = Math.Min(cutoff, byPosition ? at : long.MaxValue);

        // A clock that was ahead has dated tokens that the act kills: at most by its position, which is above everything that
        // was given out before, or by the newest second at which anything was minted.
        var numbered = position.Value == LogPosition.MaxValue ? 0 : position.Value / PositionsPerSecond;
        var newest = Math.Max(Math.Max(at, numbered), time.Minted);
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
    /// By what acts of one effect on one match compare: at our own issuer ends and renewals by their positions, all others
    /// by their seconds.
    /// </summary>
    public static long RankOf(Revocation act, bool own) =>
        own && act.Effect is Effect.End or Effect.Renew ? act.Position.Value : act.Second;

    /// <summary>
    /// The cutoff that an act at another issuer begins with if it is spread: whatever is from before it has expired.
    /// </summary>
    public static long FirstCutoff(long at, IssuerRecord? issuer) => at - (issuer?.Limits.MaxTokenLifetime ?? 0);
}

/// <summary>When an act comes.</summary>
/// <param name="Position">Its position; the last of all for one that is only thought of.</param>
/// <param name="At">Its second.</param>
/// <param name="Minted">The newest second of <see cref="Present.Minted"/>; 0 where nothing depends on it.</param>
internal readonly record struct ActTime(LogPosition Position, long At, long Minted = 0)
{
    /// <summary>Of an act that is only thought of.</summary>
    public static ActTime Thought(long at) => new(new(LogPosition.MaxValue), at);
}
