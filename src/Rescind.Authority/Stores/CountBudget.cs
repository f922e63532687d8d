namespace Rescind.Authority.Stores;

/// <summary>
/// How many sessions may be looked at to say how many an act hits, and for how long. A thousand may always be: few are
/// counted however busy the machine is. One for each count.
/// </summary>
internal sealed class CountBudget(TimeProvider time, int maxSessions, TimeSpan maxTime)
{
    private const int Always = 1000;

    /// <summary>The most sessions that are looked at before an act is answered.</summary>
    public const int Most = 150_000;

    private readonly long _began = time.GetTimestamp();
    private int _looked;

    /// <summary>For whoever waits for a turn.</summary>
    public static CountBudget Thorough(TimeProvider time) => new(time, Most, TimeSpan.FromSeconds(5));

    /// <summary>For the sessions of one person, whose act waits for no turn.</summary>
    public static CountBudget Ready(TimeProvider time) => new(time, Most, TimeSpan.FromMilliseconds(200));

    /// <summary>For an act that stands already.</summary>
    public static CountBudget Brief(TimeProvider time) => new(time, 5_000, TimeSpan.FromMilliseconds(200));

    public int MaxSessions => maxSessions;

    /// <summary>Whether one more may be looked at.</summary>
    public bool TryLook() => ++_looked <= Always || time.GetElapsedTime(_began) <= maxTime;
}
