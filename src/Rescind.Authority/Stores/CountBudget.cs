namespace Rescind.Authority.Stores;

/// <summary>
/// How many sessions may be looked at to say how many an act hits, and for how long. A thousand may always be: few are
/// counted however busy the machine is. One for each count.
/// </summary>
internal sealed class CountBudget(TimeProvider time, int maxSessions, TimeSpan maxTime)
{
    private const int Always = 1000;

    private readonly long _began = time.GetTimestamp();
    private int _looked;

    public int MaxSessions => maxSessions;

    /// <summary>Whether one more may be looked at.</summary>
    public bool TryLook() => ++_looked <= Always || time.GetElapsedTime(_began) <= maxTime;
}
