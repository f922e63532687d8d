namespace Rescind;

/// <summary>
/// Until when a revocation must be remembered so that it outlives every token that it kills (G6, T-5, T-6). The Judge
/// enforces the same leeway and lifetimes, so nothing that an entry killed can be taken again after the entry is forgotten.
/// </summary>
public static class Retention
{
    /// <summary>The largest staleness bound that any verifier may have, in seconds.</summary>
    public const long LargestBound = 60;

    /// <summary>How far clocks may differ between the Authority and a verifier, in seconds.</summary>
    public const long ClockMargin = 60;

    /// <summary>
    /// How long past its date an entry is kept by whoever has no second clock to ask: the Authority, in its store, its
    /// snapshots and its own replica. One day, in seconds.
    /// </summary>
    public const long ForgettingMargin = 24 * 3600;

    /// <summary>
    /// The date until which an act is remembered, in seconds since the Unix epoch; <see cref="RevocationState.Never"/>
    /// where nothing bounds it.
    /// </summary>
    /// <param name="match">What it names.</param>
    /// <param name="effect">What it does.</param>
    /// <param name="at">When it is appended; later where a clock that was ahead has dated tokens that it kills.</param>
    /// <param name="second">Its slot's second: the cutoff, or the end of a block.</param>
    /// <param name="tokenExpires"><c>exp</c> of a named token, where it is known.</param>
    /// <param name="issuer">The issuer that the match is under; null if it is not registered.</param>
    public static long RememberUntil(Match match, Effect effect, long at, long second, long? tokenExpires, IssuerRecord? issuer)
    {
        ArgumentNullException.ThrowIfNull(match);
        var reach = match.Traits.Reach;
        var endsForeignSession = reach is MatchReach.Login && effect is Effect.End && issuer is not { Own: true };
        var loginsOutlive = effect is Effect.Reauthenticate || endsForeignSession;
        var lifetime = loginsOutlive ? LoginLifetime(issuer) : issuer?.Limits.MaxTokenLifetime;
        if (reach is MatchReach.Key || lifetime is null || issuer is null || NeverPasses(effect, tokenExpires, issuer))
        {
            return RevocationState.Never;
        }

        var lastIssue = effect is Effect.Block ? at : Math.Max(at, second);
        var lastLife = Math.Max(lastIssue + issuer.Limits.ClockSkew + lifetime.Value, tokenExpires ?? 0);
        var lastUse = effect is Effect.Block ? Math.Max(lastLife, second) : lastLife;
        return Math.Min(RevocationState.Never, lastUse + issuer.Limits.Leeway + LargestBound + ClockMargin);
    }

    // With auth_time the Judge refuses a login past its maximum; without it, the session's last token lives on.
    private static long? LoginLifetime(IssuerRecord? issuer) =>
        issuer is { SendsAuthTime: false }
            ? issuer.Limits.MaxSessionLifetime + issuer.Limits.MaxTokenLifetime
            : issuer?.Limits.MaxSessionLifetime;

    // Without iat nothing shows that a token is after a cutoff, or that it lives longer than declared; without
    // auth_time no login is ever after one.
    private static bool NeverPasses(Effect effect, long? tokenExpires, IssuerRecord issuer) =>
        (issuer.IssuedAtAbsent && effect is not Effect.Block && tokenExpires is null)
        || (effect is Effect.Reauthenticate && !issuer.SendsAuthTime);
}
