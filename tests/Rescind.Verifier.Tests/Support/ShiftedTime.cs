namespace Rescind.Verifier.Tests.Support;

/// <summary>The system's time, whose wall clock a test sets.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long _by;

    public TimeSpan By
    {
        get => new(Interlocked.Read(ref _by));
        set => Interlocked.Exchange(ref _by, value.Ticks);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + By;
}
