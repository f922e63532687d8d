using System.Collections.Concurrent;

namespace Rescind.Authority.Issuers;

/// <summary>
/// How fast one issuer may log people out: a burst, and then so many a second. Only what is genuine counts, or a
/// stranger could use up an issuer's share. Safe for concurrent use.
/// </summary>
internal sealed class IssuerRateLimiter(TimeProvider time)
{
    /// <summary>So many at once: an issuer that goes down for good logs everybody out.</summary>
    public const int Burst = 1000;

    public const int PerSecond = 100;

    /// <summary>When to come again.</summary>
    public const int RetryAfterSeconds = 1;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1) / PerSecond;

    private readonly long _begun = time.GetTimestamp();

    // When each issuer's burst would be whole again, counted from the start: a clock that is set back must not stop its logouts.
    private readonly ConcurrentDictionary<string, TimeSpan> _wholeAt = new();

    /// <summary>Whether <paramref name="issuer"/> may now; counts it if so.</summary>
    public bool TryTake(string issuer)
    {
        var now = time.GetElapsedTime(_begun);
        var latest = now + (Interval * Burst);
        var taken = false;
        _wholeAt.AddOrUpdate(
            issuer,
            _ =>
            {
                taken = true;
                return now + Interval;
            },
            (_, whole) =>
            {
                var next = (whole > now ? whole : now) + Interval;
                taken = next <= latest;
                return taken ? next : whole;
            });
        return taken;
    }
}
