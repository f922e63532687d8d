using System.Runtime.InteropServices;
using Rescind.Comparison.Measuring;
using Rescind.Comparison.Parts;
using Rescind.Comparison.Ways;

namespace Rescind.Comparison;

/// <summary>A whole run: starts every way, measures them in turn, and stops what it started.</summary>
public sealed class ComparisonRun
{
    private const int MostFilled = 2_000;
    private const int People = 32;
    private const int Rounds = 3;
    private static readonly TimeSpan Short = TimeSpan.FromMinutes(5);
    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly ComparisonOptions _options;
    private readonly Action<string> _tell;
    private readonly CancellationToken _cancellation;
    private readonly string _folder = Directory.CreateTempSubdirectory("rescind-compare-").FullName;

    private ComparisonRun(ComparisonOptions options, Action<string> tell, CancellationToken cancellation) =>
        (_options, _tell, _cancellation) = (options, tell, cancellation);

    /// <summary>The ids of all ways.</summary>
    public static IReadOnlyList<string> WayIds { get; } = [.. WayKinds.All.Select(static kind => kind.Id)];

    /// <summary>Runs. <paramref name="tell"/> hears of the progress, a line at a time.</summary>
    /// <exception cref="ComparisonFailedException">The run cannot go on; everything that it started is stopped.</exception>
    public static async Task<ComparisonResult> RunAsync(
        ComparisonOptions options, Action<string> tell, CancellationToken cancellationToken)
    {
        var run = new ComparisonRun(options, tell, cancellationToken);
        var ways = new List<RunningWay>();
        try
        {
            return await run.MeasureAsync(ways);
        }
        catch (HttpRequestException e)
        {
            throw new ComparisonFailedException("A process of the comparison does not answer any more.", inner: e);
        }
        finally
        {
            foreach (var way in ways)
            {
                await way.DisposeAsync();
            }

            Directory.Delete(run._folder, recursive: true);
        }
    }

    private TimeSpan ShortLifetime => _options.TokenLifetime < Short ? _options.TokenLifetime : Short;

    private int FilledUsers => Math.Min(_options.Users, MostFilled);

    /// <summary>What has to be remembered at any time: the logouts of one lifetime.</summary>
    private long RememberedLogouts => (long)Math.Ceiling(_options.LogoutsPerDay * _options.TokenLifetime.TotalDays);

    private async Task<ComparisonResult> MeasureAsync(List<RunningWay> ways)
    {
        foreach (var kind in WayKinds.All.Where(kind => _options.Ways.Count == 0 || _options.Ways.Contains(kind.Id)))
        {
            _tell($"starting {kind.Id}");
            ways.Add(await RunningWay.StartAsync(kind, SettingsOf(kind), _options, _cancellation));
        }

        var costs = await CostsAsync(ways);
        var results = new List<WayResult>();
        foreach (var way in ways)
        {
            results.Add(await ResultAsync(way, costs[way]));
        }

        return new(
            Time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            new(Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription),
            new(_options.Users, _options.RequestsPerSecond, (long)_options.TokenLifetime.TotalSeconds,
                (long)ShortLifetime.TotalSeconds, _options.LogoutsPerDay, FilledUsers, SettingsOf(WayKinds.All[0]).Logouts),
            results, []);
    }

    private PartSettings SettingsOf(WayKind kind)
    {
        var folder = Path.Combine(_folder, kind.Id);
        Directory.CreateDirectory(folder);
        return new()
        {
            Way = kind.Id, Url = Child.FreeUrl().ToString().TrimEnd('/'), Folder = folder,
            Lifetime = kind.IsShort ? ShortLifetime : _options.TokenLifetime, Users = FilledUsers,
            Logouts = (int)Math.Min(RememberedLogouts, MostFilled),
        };
    }

    // The ways take turns, so that what else the machine does meets all of them.
    private async Task<Dictionary<RunningWay, (Cost Cost, int Bytes)>> CostsAsync(List<RunningWay> ways)
    {
        var rounds = new Dictionary<RunningWay, (CostRounds Rounds, int Bytes)>();
        foreach (var way in ways)
        {
            _tell($"warming up {way.Kind.Id}");
            var people = new List<LoggedIn>();
            for (var i = 0; i < People; i++)
            {
                people.Add(await way.LogInAsync($"person-{i}", "phone"));
            }

            var cost = new CostRounds(way, people, _options.RequestsPerSecond, _cancellation);
            await cost.WarmUpAsync(Long(1.5));
            rounds[way] = (cost, people[0].Bytes);
        }

        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var way in ways)
            {
                _tell($"requests, round {round} of {Rounds}: {way.Kind.Id}");
                await rounds[way].Rounds.RunAsync(Long(0.8));
            }
        }

        _tell("calls without a request");
        var background = await BackgroundAsync(ways);
        return rounds.ToDictionary(
            static each => each.Key, each => (each.Value.Rounds.End(background[each.Key]), each.Value.Bytes));
    }

    private async Task<Dictionary<RunningWay, double>> BackgroundAsync(List<RunningWay> ways)
    {
        var window = TimeSpan.FromSeconds(5);
        var before = await CallsAsync(ways);
        await Task.Delay(window, Time, _cancellation);
        var after = await CallsAsync(ways);
        return ways.ToDictionary(static way => way, way => (after[way] - before[way]) / window.TotalSeconds);
    }

    private static async Task<Dictionary<RunningWay, long>> CallsAsync(List<RunningWay> ways)
    {
        var calls = new Dictionary<RunningWay, long>();
        foreach (var way in ways)
        {
            calls[way] = (await way.FiguresAsync()).StoreCalls;
        }

        return calls;
    }

    private async Task<WayResult> ResultAsync(RunningWay way, (Cost Cost, int Bytes) measured)
    {
        var (app, server) = await way.RoomAsync();
        _tell($"who can be logged out: {way.Kind.Id}");
        var reach = await new ReachRun(way, _cancellation).RunAsync();
        _tell($"stolen copies after a logout: {way.Kind.Id}");
        var exposure = await new ExposureRun(way, _options.LogoutsPerDay, _cancellation)
            .RunAsync(Math.Max(10, (int)(100 * _options.Effort)), Long(10));
        Outage? outage = null;
        if (way.Kind.Backing is not Backing.Nothing)
        {
            _tell($"without its store: {way.Kind.Id}");
            outage = await new OutageRun(way, _cancellation).RunAsync(TimeSpan.FromSeconds(7));
        }

        return new(
            way.Kind.Id, way.Kind.Title, way.Kind.Library, exposure, measured.Cost,
            new(Mb(app.MemoryBytes), Mb(server), app.StoreBytes, measured.Bytes), outage, reach, way.Kind.CodeLines());
    }

    private TimeSpan Long(double seconds) => TimeSpan.FromSeconds(seconds * _options.Effort);

    private static double Mb(long bytes) => Math.Round(bytes / 1048576.0, 1);
}
