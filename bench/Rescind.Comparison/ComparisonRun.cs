using System.Runtime.InteropServices;
using Rescind.Comparison.Measuring;
using Rescind.Comparison.Parts;
using Rescind.Comparison.Reporting;
using Rescind.Comparison.Stores;
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

    private readonly List<RunningWay> _ways = [];
    private readonly IReadOnlyDictionary<StoreKind, StoreServer> _servers;
    private readonly string _name = string.Create(
        CultureInfo.InvariantCulture, $"rescind_compare_{Time.GetUtcNow().ToUnixTimeMilliseconds()}_{Environment.ProcessId}");

    private ComparisonRun(
        ComparisonOptions options, IReadOnlyDictionary<StoreKind, StoreServer> servers, Action<string> tell,
        CancellationToken cancellation) =>
        (_options, _servers, _tell, _cancellation) = (options, servers, tell, cancellation);

    /// <summary>The ids of all ways.</summary>
    public static IReadOnlyList<string> WayIds { get; } = [.. WayKinds.All.Select(static kind => kind.Id)];

    /// <summary>Runs. <paramref name="tell"/> hears of the progress, a line at a time.</summary>
    /// <exception cref="ComparisonFailedException">The run cannot go on; everything that it started is stopped.</exception>
    public static async Task<ComparisonResult> RunAsync(
        ComparisonOptions options, Action<string> tell, CancellationToken cancellationToken)
    {
        if (options.Ways.FirstOrDefault(static way => !WayIds.Contains(way)) is not null)
        {
            throw new ComparisonFailedException("--way names no way.", $"Name one of {string.Join(", ", WayIds)}.");
        }

        var servers = ServersOf(options);
        foreach (var server in servers.Values)
        {
            await server.CheckAsync(cancellationToken);
        }

        var run = new ComparisonRun(options, servers, tell, cancellationToken);
        try
        {
            return await run.MeasureAsync();
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ComparisonFailedException(
                "A process of the comparison did not answer in time.", "Ask for fewer --requests-per-second.", e);
        }
        catch (HttpRequestException e)
        {
            throw new ComparisonFailedException("A process of the comparison does not answer any more.", inner: e);
        }
        finally
        {
            await run.EndAsync();
        }
    }

    private static Dictionary<StoreKind, StoreServer> ServersOf(ComparisonOptions options)
    {
        var servers = new Dictionary<StoreKind, StoreServer>();
        if (options.Postgres is { } postgres)
        {
            servers[StoreKind.PostgreSql] = new PostgresServer(postgres);
        }

        if (options.Redis is { } redis)
        {
            servers[StoreKind.Redis] = new RedisServer(redis);
        }

        return servers;
    }

    private TimeSpan ShortLifetime => _options.TokenLifetime < Short ? _options.TokenLifetime : Short;

    private int FilledUsers => Math.Min(_options.Users, MostFilled);

    /// <summary>What has to be remembered at any time: the logouts of one lifetime.</summary>
    private long RememberedLogouts => (long)Math.Ceiling(_options.LogoutsPerDay * _options.TokenLifetime.TotalDays);

    private async Task<ComparisonResult> MeasureAsync()
    {
        foreach (var kind in WayKinds.All.Where(IsWanted))
        {
            _tell($"starting {kind.Id}");
            _ways.Add(await RunningWay.StartAsync(kind, SettingsOf(kind), _options, _cancellation));
        }

        var costs = await CostsAsync();
        var rooms = new Dictionary<RunningWay, Room>();
        var reaches = new Dictionary<RunningWay, Reach>();
        foreach (var way in _ways)
        {
            var (app, server) = await way.RoomAsync();
            rooms[way] = new(Mb(app.MemoryBytes), Mb(server), app.StoreBytes, costs[way].Bytes);
            _tell($"who can be logged out: {way.Kind.Id}");
            reaches[way] = await new ReachRun(way, _cancellation).RunAsync();
        }

        var exposures = await ExposuresAsync();
        _tell("without the stores");
        var outages = await Task.WhenAll(_ways.Select(OutageAsync));
        var results = _ways.Zip(outages, (way, outage) => new WayResult(
            way.Kind.Id, way.Kind.Title, way.Kind.Library, exposures[way], costs[way].Cost, rooms[way], outage, reaches[way],
            way.Kind.CodeLines())).ToList();
        return new(
            Time.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            new(Environment.ProcessorCount, RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription),
            new(_options.Users, _options.RequestsPerSecond, (long)_options.TokenLifetime.TotalSeconds,
                (long)ShortLifetime.TotalSeconds, _options.LogoutsPerDay, FilledUsers, SettingsOf(WayKinds.All[0]).Logouts),
            results, Notes.Of(_options, results, FilledUsers));
    }

    private bool IsWanted(WayKind kind) =>
        (_options.Ways.Count == 0 || _options.Ways.Contains(kind.Id))
        && (kind.Store == StoreKind.None || _options.Stores.Count == 0 || _options.Stores.Contains(NameOf(kind.Store)))
        && (kind.Backing is not Backing.Database || _servers.ContainsKey(kind.Store));

    private static string NameOf(StoreKind store) => store switch
    {
        StoreKind.Sqlite => "sqlite",
        StoreKind.PostgreSql => "postgresql",
        _ => "redis",
    };

    private async Task EndAsync()
    {
        foreach (var way in _ways)
        {
            await way.DisposeAsync();
        }

        foreach (var server in _servers.Values)
        {
            await server.ClearAsync(_name);
        }

        Directory.Delete(_folder, recursive: true);
    }

    private PartSettings SettingsOf(WayKind kind)
    {
        var folder = Path.Combine(_folder, kind.Id);
        Directory.CreateDirectory(folder);
        return new()
        {
            Way = kind.Id, Url = Child.FreeUrl().ToString().TrimEnd('/'), Folder = folder,
            Lifetime = kind.IsShort ? ShortLifetime : _options.TokenLifetime, Users = FilledUsers,
            Logouts = (int)Math.Min(RememberedLogouts, MostFilled), Name = _name,
            Store = _servers.GetValueOrDefault(kind.Store)?.Address,
        };
    }

    // The ways take turns, so that what else the machine does meets all of them.
    private async Task<Dictionary<RunningWay, (Cost Cost, int Bytes)>> CostsAsync()
    {
        var rounds = new Dictionary<RunningWay, (CostRounds Rounds, int Bytes)>();
        foreach (var way in _ways)
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
            foreach (var way in _ways)
            {
                _tell($"requests, round {round} of {Rounds}: {way.Kind.Id}");
                await rounds[way].Rounds.RunAsync(Long(0.8));
            }
        }

        _tell("calls without a request");
        var background = await BackgroundAsync();
        return rounds.ToDictionary(
            static each => each.Key, each => (each.Value.Rounds.End(background[each.Key]), each.Value.Bytes));
    }

    private async Task<Dictionary<RunningWay, double>> BackgroundAsync()
    {
        var window = TimeSpan.FromSeconds(5);
        var before = await CallsAsync();
        await Task.Delay(window, Time, _cancellation);
        var after = await CallsAsync();
        return _ways.ToDictionary(static way => way, way => (after[way] - before[way]) / window.TotalSeconds);
    }

    private async Task<Dictionary<RunningWay, long>> CallsAsync()
    {
        var calls = new Dictionary<RunningWay, long>();
        foreach (var way in _ways)
        {
            calls[way] = (await way.FiguresAsync()).StoreCalls;
        }

        return calls;
    }

    // Those that wait for an expiry wait together; the others are measured alone.
    private async Task<Dictionary<RunningWay, Exposure>> ExposuresAsync()
    {
        var exposures = new Dictionary<RunningWay, Exposure>();
        foreach (var way in _ways.Where(static way => !way.Kind.WaitsForExpiry))
        {
            exposures[way] = await ExposureAsync(way);
        }

        var waiting = _ways.Where(static way => way.Kind.WaitsForExpiry).ToList();
        var waited = await Task.WhenAll(waiting.Select(ExposureAsync));
        foreach (var (way, exposure) in waiting.Zip(waited))
        {
            exposures[way] = exposure;
        }

        return exposures;
    }

    private Task<Exposure> ExposureAsync(RunningWay way)
    {
        _tell($"stolen copies after a logout: {way.Kind.Id}");
        return new ExposureRun(way, _options.LogoutsPerDay, _cancellation)
            .RunAsync(Math.Max(10, (int)(100 * _options.Effort)), Long(10) + TimeSpan.FromSeconds(2));
    }

    private async Task<Outage?> OutageAsync(RunningWay way)
    {
        if (way.Kind.Backing is Backing.Nothing)
        {
            return null;
        }

        await using var throughLine = _servers.TryGetValue(way.Kind.Store, out var server)
            ? await way.WithLineAsync(server) : null;
        return await new OutageRun(throughLine ?? way, _cancellation).RunAsync(TimeSpan.FromSeconds(8));
    }

    private TimeSpan Long(double seconds) => TimeSpan.FromSeconds(seconds * _options.Effort);

    private static double Mb(long bytes) => Math.Round(bytes / 1048576.0, 1);
}
