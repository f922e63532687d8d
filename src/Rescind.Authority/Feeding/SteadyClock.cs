namespace Rescind.Authority.Feeding;

/// <summary>
/// Dates what is kept in memory. It begins with the wall clock and goes on with the time that passes, so that setting that clock makes nothing
/// older or younger. What leaves the memory is dated by the wall clock.
/// </summary>
internal sealed class SteadyClock(TimeProvider time)
{
    private readonly DateTimeOffset _begun = time.GetUtcNow();
    private readonly long _timestamp = time.GetTimestamp();

    public DateTimeOffset Now => _begun + time.GetElapsedTime(_timestamp);

    /// <summary>By how much the wall clock has been set since the start.</summary>
    public TimeSpan SetBy => time.GetUtcNow() - Now;
}
