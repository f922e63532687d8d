namespace Rescind.Benchmarks.Cluster;

/// <summary>Of which two the rates are divided, and what is hoped for.</summary>
internal sealed record Beside(string Ours, string Theirs, string Goal);

/// <summary>Rates of several things that take turns, in another order each round; ratios are taken within a round.</summary>
internal sealed class Turns(TimeSpan window)
{
    private readonly List<(string Name, Func<Task<double>> Run)> _sides = [];

    public Turns Add(string name, int callers, Func<int, Task> call) =>
        Add(name, () => Calls.PerSecondAsync(callers, window, call));

    public Turns Add(string name, Func<Task<double>> run)
    {
        _sides.Add((name, run));
        return this;
    }

    public async Task RunAsync(int rounds, params IReadOnlyList<Beside> besides)
    {
        var rates = _sides.ToDictionary(static side => side.Name, static _ => new List<double>());
        for (var round = 0; round <= rounds; round++)
        {
            foreach (var (name, run) in _sides.Skip(round % _sides.Count).Concat(_sides.Take(round % _sides.Count)))
            {
                var rate = await run();

                // The first round warms up.
                if (round > 0)
                {
                    rates[name].Add(rate);
                }
            }

            Console.Error.WriteLine($"round {round} of {rounds}");
        }

        Console.WriteLine("| side | per second, median |\n|---|---|");
        foreach (var (name, _) in _sides)
        {
            Console.WriteLine($"| {name} | {Median(rates[name]):N0} |");
        }

        Console.WriteLine("\n| side | beside | ratio | goal |\n|---|---|---|---|");
        foreach (var (ours, theirs, goal) in besides)
        {
            var ratios = rates[ours].Zip(rates[theirs], static (one, other) => one / other).ToList();
            Console.WriteLine($"| {ours} | {theirs} | {Median(ratios):N2} [{ratios.Min():N2}..{ratios.Max():N2}] | {goal} |");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
