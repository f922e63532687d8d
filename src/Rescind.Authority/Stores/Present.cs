namespace Rescind.Authority.Stores;

/// <summary>The store when a decision begins: read before anything else.</summary>
/// <param name="Issuer">Our own issuer.</param>
/// <param name="Head">The head: whoever mints signs its position.</param>
/// <param name="Registry">
/// The version of the registry: whoever mints compares it with what it knows of clients and keys, before it signs.
/// </param>
/// <param name="Last">The last position that was given out, to an entry or to the audit trail, committed or not.</param>
/// <param name="Now">The wall clock.</param>
/// <param name="Newest">
/// The second of the newest thing recorded, a login too: later than the wall clock where that was set back.
/// </param>
/// <param name="Doubt">Why the wall clock is not believed; null if it is.</param>
internal sealed record Present(
    string Issuer, LogHead Head, long Registry, LogPosition Last, DateTimeOffset Now, long Newest, ClockRefusal? Doubt)
{
    /// <summary>
    /// The newest second at which tokens of a session were minted, at a start or at a refresh; 0 if none were. It says how
    /// long an act is remembered, and never what a cutoff reaches: a refresh is no login.
    /// </summary>
    public long Minted { get; init; }

    /// <summary>
    /// The same, by a clock that may have jumped ahead. One that is behind the log has not: it is not looked at, so
    /// that setting it right again is no jump either.
    /// </summary>
    public static Present At(
        string issuer, StoreHead head, LogPosition last, DateTimeOffset now, long newest, SteadyClock clock) => new(
        issuer, head.Log, head.Registry, last, now, newest,
        head.Log.AcceptsClock(now) ? ClockRefusal.OfJump(clock, now) : null);

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
