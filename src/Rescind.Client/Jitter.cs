namespace Rescind.Client;

/// <summary>
/// Spreads what many clients would otherwise do at the same moment. A seam like the clock; never an identifier or a secret.
/// </summary>
internal sealed class Jitter(Func<double> nextFraction)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    // FirstPause doubled so often is past LongestPause.
    private const int MostDoublings = 6;

#pragma warning disable RS0030 // The client stands alone, without the core's Entropy: this is its seam.
    public static Jitter System { get; } = new(Random.Shared.NextDouble);
#pragma warning restore RS0030

    /// <summary>A number in [0, 1).</summary>
    public double NextFraction() => nextFraction();

    /// <summary>
    /// How long to wait for an other end that asks for <paramref name="wait"/>: that long, half as long again at most, and never
    /// less than a pause of its own.
    /// </summary>
    public TimeSpan Spread(TimeSpan wait) => (wait > FirstPause ? wait : FirstPause) * (1 + (NextFraction() / 2));

    /// <summary>
    /// How long to wait after so many failures in a row: doubling from 0.5 s to 30 s, the upper half of it by chance.
    /// </summary>
    public TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * (1 << Math.Min(failures - 1, MostDoublings));
        return (pause < LongestPause ? pause : LongestPause) * ((1 + NextFraction()) / 2);
    }
}
