namespace Rescind.Verifier.Connections;

/// <summary>
/// When a connection that is shut is closed: those of a person at once, more one after the other, and what would take
/// too long anywhere within the spread (T-55). Those who were thrown out then do not all come back in the same instant.
/// One caller at a time.
/// </summary>
internal sealed class CloseTimes(TimeSpan spread, Entropy entropy)
{
    /// <summary>Between two closes: 500 a second, about what one small Authority takes of logins.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(2);

    /// <summary>So many go at once: what one person has open, not a crowd.</summary>
    public const int AtOnce = 100;

    private TimeSpan _next = TimeSpan.MinValue;

    /// <summary>The moment for one more, not before <paramref name="now"/>.</summary>
    public TimeSpan Next(TimeSpan now)
    {
        var first = now - (Step * (AtOnce - 1));
        var at = _next > first ? _next : first;
        if (at - now >= spread)
        {
            return now + (spread * entropy.NextFraction());
        }

        _next = at + Step;
        return at > now ? at : now;
    }
}
