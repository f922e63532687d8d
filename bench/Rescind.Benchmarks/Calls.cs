using System.Diagnostics;

namespace Rescind.Benchmarks;

/// <summary>Calls by several callers at once, each as fast as it is answered.</summary>
internal static class Calls
{
    /// <summary>How many were answered in a second.</summary>
    public static async Task<double> PerSecondAsync(int callers, TimeSpan window, Func<int, Task> call)
    {
        var done = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            while (clock.Elapsed < window)
            {
                await call(caller);
                Interlocked.Increment(ref done);
            }
        })));
        return done / clock.Elapsed.TotalSeconds;
    }
}
