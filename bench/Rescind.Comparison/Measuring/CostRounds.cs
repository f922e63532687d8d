namespace Rescind.Comparison.Measuring;

/// <summary>What a request of a way pays, round by round, beside one that nobody checks in the same process.</summary>
internal sealed class CostRounds(RunningWay way, IReadOnlyList<LoggedIn> people, double perSecond, CancellationToken cancellation)
{
    private readonly Load _load = new(way, people, cancellation);
    private readonly List<double> _added = [];
    private readonly List<double> _plainCpu = [];
    private readonly List<double> _protected = [];
    private readonly List<double> _plain = [];
    private long _calls;
    private long _requests;

    /// <summary>Until the code is compiled as it will stay.</summary>
    public async Task WarmUpAsync(TimeSpan length)
    {
        await _load.AsManyAsync(Load.Plain, length);
        await _load.AsManyAsync(Load.Guarded, length);
    }

    public async Task RunAsync(TimeSpan window)
    {
        var plain = await CpuAsync(Load.Plain, window / 2);
        var guarded = await CpuAsync(Load.Guarded, window);
        _plainCpu.Add(plain);
        _added.Add(guarded - plain);
        _plain.AddRange(await _load.PacedAsync(Load.Plain, perSecond, window / 2));
        _protected.AddRange(await _load.PacedAsync(Load.Guarded, perSecond, window));
    }

    /// <summary>
    /// What was measured. <paramref name="background"/> is how many calls a second there are without a request.
    /// </summary>
    public Cost End(double background)
    {
        var perRequest = Math.Round((double)_calls / Math.Max(1, _requests), 2);
        var added = Quantiles.Median(_added);
        return new(
            Math.Round(Quantiles.Of(_protected, 0.5) - Quantiles.Of(_plain, 0.5), 3),
            Math.Round(Quantiles.Of(_protected, 0.99) - Quantiles.Of(_plain, 0.99), 3), Math.Round(added, 1),
            Math.Round(Quantiles.Median(_plainCpu), 1), perRequest, Math.Round((perRequest * perSecond) + background, 1),
            Math.Round(background, 1), Math.Round(added * perSecond / 1e6, 3), [.. _added.Select(each => Math.Round(each, 1))]);
    }

    private async Task<double> CpuAsync(string path, TimeSpan window)
    {
        var before = await way.FiguresAsync();
        var requests = await _load.AsManyAsync(path, window);
        var after = await way.FiguresAsync();
        if (path == Load.Guarded)
        {
            _calls += after.StoreCalls - before.StoreCalls;
            _requests += requests;
        }

        return (after.CpuUs - before.CpuUs) / Math.Max(1, requests);
    }
}

/// <summary>Quantiles of samples.</summary>
internal static class Quantiles
{
    public static double Of(IReadOnlyCollection<double> samples, double part)
    {
        var sorted = samples.Order().ToList();
        return sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(part * sorted.Count) - 1)];
    }

    public static double Median(IReadOnlyCollection<double> samples) => Of(samples, 0.5);
}
