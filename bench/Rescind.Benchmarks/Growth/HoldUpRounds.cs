using System.Collections.Concurrent;
using System.Diagnostics;

namespace Rescind.Benchmarks.Growth;

/// <summary>
/// How refreshes go on while something else is done on a store with very many rows: each window beside one without it,
/// in turn. And how long a revocation of very many sessions takes beside one of a single session.
/// </summary>
internal static class HoldUpRounds
{
    private const int Callers = 8;

    public static async Task RunAsync(int rows, TimeSpan window, int rounds, int acts)
    {
        await using var store = await GrownStore.CreateAsync(rows);
        Console.Error.WriteLine($"{rows:N0} rows are there");
        await MeasureAsync(store, Task.Delay(window));

        Console.WriteLine(
            "| beside refreshes | of their rate without it | p99 of a refresh, ms | without it, ms |\n|---|---|---|---|");
        await CompareAsync("the purge of 100,000 expired states", () =>
        {
            store.ExpireMany();
            return Task.Run(store.PurgeAsync);
        });
        foreach (var (name, run) in store.Operations)
        {
            await CompareAsync(name, () => Task.Run(() => RepeatAsync(run, window)));
        }

        var (one, many) = (new List<double>(), new List<double>());
        for (var act = 0; act < acts; act++)
        {
            one.Add(await TimeAsync(store.RenewOneAsync));
            many.Add(await TimeAsync(store.RenewManyAsync));
        }

        Console.WriteLine($"\nAcknowledged: a revocation of one session in {Median(one):N2} ms, of {rows / 50 * 49:N0} "
            + $"in {Median(many):N2} ms.");

        async Task CompareAsync(string name, Func<Task> begin)
        {
            var (rates, held, free) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < rounds; round++)
            {
                var without = await MeasureAsync(store, Task.Delay(window));
                var with = await MeasureAsync(store, begin());
                rates.Add(with.Rate / without.Rate);
                held.Add(with.P99);
                free.Add(without.P99);
            }

            Console.WriteLine($"| {name} | {Median(rates):N2} | {Median(held):N1} | {Median(free):N1} |");
        }
    }

    /// <summary>Refreshes as fast as a few callers can, until something has ended.</summary>
    public static async Task<(double Rate, double P99)> MeasureAsync(GrownStore store, Task until)
    {
        var times = new ConcurrentBag<double>();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            while (!until.IsCompleted)
            {
                times.Add(await TimeAsync(store.RefreshAsync));
            }
        })));
        await until;
        var ordered = times.Order().ToArray();
        return (ordered.Length / clock.Elapsed.TotalSeconds, ordered[ordered.Length * 99 / 100]);
    }

    // One after the other, a hundred times a second at most: more than one Authority does of anything but refreshes.
    private static async Task RepeatAsync(Func<Task> run, TimeSpan window)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < window;)
        {
            await run();
            await Task.Delay(10);
        }
    }

    private static async Task<double> TimeAsync(Func<Task> run)
    {
        var began = Stopwatch.GetTimestamp();
        await run();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
