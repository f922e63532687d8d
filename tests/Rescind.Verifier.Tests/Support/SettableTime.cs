using Microsoft.Extensions.Time.Testing;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// A clock that a test moves, and can set as an operator sets one: timers and timestamps go on as if nothing had happened.
/// </summary>
internal sealed class SettableTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private long _setBy;

    /// <summary>Sets the wall clock forward, or back.</summary>
    public void Set(TimeSpan by) => Interlocked.Add(ref _setBy, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref _setBy));

    public override long GetTimestamp() => base.GetUtcNow().Ticks;
}
