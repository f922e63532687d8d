namespace Rescind.Benchmarks.Scale;

/// <summary>The time of this machine, and as much more as it is told: a minute that passes at once.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _ticks;

    public void Pass(TimeSpan time) => Interlocked.Add(ref _ticks, time.Ticks);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _ticks));

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref _ticks);
}
