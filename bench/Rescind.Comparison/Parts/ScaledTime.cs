namespace Rescind.Comparison.Parts;

/// <summary>A clock that can be told to run faster from now on. Timers and timestamps stay those of the system.</summary>
internal sealed class ScaledTime : TimeProvider
{
    private (DateTimeOffset From, double Factor) _pace = (System.GetUtcNow(), 1);

    /// <summary>Runs from then on <paramref name="factor"/> times as fast; with 1 it says the time of the system.</summary>
    public void Run(DateTimeOffset from, double factor) => _pace = (from, factor);

    public override DateTimeOffset GetUtcNow()
    {
        var now = System.GetUtcNow();
        var (from, factor) = _pace;
        return now < from ? now : now + ((now - from) * (factor - 1));
    }
}
