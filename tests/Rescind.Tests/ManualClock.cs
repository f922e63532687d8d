namespace Rescind.Tests;

/// <summary>A clock that shows what it is told, in whole seconds.</summary>
internal sealed class ManualClock(long now) : TimeProvider
{
    /// <summary>The time; moving it lets as much time pass.</summary>
    public long Now { get; set; } = now;

    /// <summary>By how many seconds the wall clock is set ahead of it.</summary>
    public long SetBy { get; set; }

    public override long TimestampFrequency => 1;

    public override long GetTimestamp() => Now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now + SetBy);
}
