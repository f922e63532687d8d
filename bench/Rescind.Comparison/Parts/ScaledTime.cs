namespace Rescind.Comparison.Parts;

/// <summary>A clock that can be told to run faster from now on. Timers and timestamps stay those of the system.</summary>
internal sealed class ScaledTime : TimeProvider
{
    private readonly DateTimeOffset _origin = System.GetUtcNow();
    private (DateTimeOffset From, double Factor) _pace = (System.GetUtcNow(), 1);

    /// <summary>How far this clock is ahead when it was told to run faster is never taken back.</summary>
    public void Run(DateTimeOffset from, double factor) => _pace = (from, factor);

    public override DateTimeOffset GetUtcNow()
    {
        var now = System.GetUtcNow();
        var (from, factor) = _pace;
        return now < from || now < _origin ? now : now + ((now - from) * (factor - 1));
    }
}
