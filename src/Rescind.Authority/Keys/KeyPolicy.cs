namespace Rescind.Authority.Keys;

/// <summary>How signing keys live.</summary>
/// <param name="Algorithm">The JWA name of new keys: one of <see cref="SigningKey.Algorithms"/>.</param>
/// <param name="ActivePeriod">How long one key signs before the next takes over.</param>
/// <param name="MaxTokenLifetime">
/// The longest life of a token; a retired key stays until the last one that it signed is refused everywhere.
/// </param>
internal sealed record KeyPolicy(string Algorithm, TimeSpan ActivePeriod, TimeSpan MaxTokenLifetime)
{
    /// <summary>How long readers may keep the key set.</summary>
    public static readonly TimeSpan JwksMaxAge = TimeSpan.FromMinutes(5);

    /// <summary>How long a key is announced before it signs by itself: twice what readers may keep (JWK-6).</summary>
    public static readonly TimeSpan Announced = 2 * JwksMaxAge;

    /// <summary>
    /// How long a retired key stays: the longest token, every margin by which a verifier may still take it (JWK-6,
    /// T-5), and the day by which a clock may be ahead at a start.
    /// </summary>
    public TimeSpan RetiredPeriod => MaxTokenLifetime + TimeSpan.FromSeconds(
        IssuerLimits.DefaultLeeway + Retention.LargestBound + Retention.ClockMargin + Retention.ForgettingMargin);
}
