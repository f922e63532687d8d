namespace Rescind.Authority.Feeding;

/// <summary>
/// How many connections verifiers have closed since this start, by their own word: each says with its polls how many it
/// has closed since its own. Not safe for concurrent use: <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class ClosedConnections
{
    private int _watching;

    public long Total { get; private set; }

    /// <summary>How many since <see cref="Total"/> was <paramref name="before"/>; null if nobody has watched any.</summary>
    public long? Since(long before) => Total - before is var closed && (_watching > 0 || closed > 0) ? closed : null;

    /// <summary>
    /// A verifier says so, in place of what it said before; null is one that is not remembered, or watches nothing. One that
    /// says less than before has begun anew.
    /// </summary>
    public void Hear(ConnectionCounts? before, ConnectionCounts? counts)
    {
        _watching += (counts is null ? 0 : 1) - (before is null ? 0 : 1);
        if (counts is not null)
        {
            var known = before?.Closed ?? 0;
            Total += counts.Closed >= known ? counts.Closed - known : counts.Closed;
        }
    }
}
