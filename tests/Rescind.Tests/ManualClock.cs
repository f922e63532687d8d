namespace Rescind.Tests;

/// <summary>A wall clock that shows what it is told, in whole seconds.</summary>
internal sealed class ManualClock(long now) : TimeProvider
{
    public long Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Now);
}
