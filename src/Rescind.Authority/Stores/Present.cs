namespace Rescind.Authority.Stores;

/// <summary>The store when a decision begins: read before anything else.</summary>
/// <param name="Issuer">Our own issuer.</param>
/// <param name="Head">The head: whoever mints signs its position.</param>
/// <param name="Last">The last position that was given out, to an entry or to the audit trail, committed or not.</param>
/// <param name="Now">The wall clock.</param>
/// <param name="Doubt">Why the wall clock is not believed; null if it is.</param>
internal sealed record Present(string Issuer, LogHead Head, LogPosition Last, DateTimeOffset Now, ClockRefusal? Doubt)
{
    /// <summary>The present second, which never runs behind the log.</summary>
    public long Second => Math.Max(Now.ToUnixTimeSeconds(), Head.At);

    public bool IsOwn(string issuer) => string.Equals(issuer, Issuer, StringComparison.Ordinal);

    /// <summary>Throws while the clock has jumped ahead: what is dated by it would end before its time, or outlive it.</summary>
    public void RequireBelievedClock()
    {
        if (Doubt is { } refusal)
        {
            throw new ClockRefusedException(refusal);
        }
    }
}
