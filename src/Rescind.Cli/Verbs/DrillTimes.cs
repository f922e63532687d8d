using Rescind.Cli.Http;

namespace Rescind.Cli.Verbs;

/// <summary>What one verifier did in the rounds of a drill, in milliseconds.</summary>
internal sealed class DrillTimes(JsonObject first)
{
    private readonly List<double> _requests = [];
    private readonly List<double> _connections = [];
    private int _rounds;

    public string Name { get; } = first["name"].AsText() ?? "";

    public string Instance { get; } = first["instance"].AsText() ?? "";

    public double Bound { get; } = (double)first["bound"]!;

    /// <summary>Whether it refused each time, within its bound.</summary>
    public bool HasPassed => _requests.Count == _rounds && _requests.Concat(_connections).All(time => time <= Bound * 1000);

    /// <summary>How often it refused, of how often it was tried.</summary>
    public string Count => string.Create(CultureInfo.InvariantCulture, $"{_requests.Count}/{_rounds}");

    /// <summary>Median, p99 and maximum of requests, then of connections.</summary>
    public IEnumerable<string> Cells => Of(_requests).Concat(Of(_connections)).Select(static time =>
        time is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.0} ms") : "-");

    public void Add(JsonObject round)
    {
        _rounds++;
        if (round["verdict_ms"] is { } request && round["connection_ms"] is { } connection)
        {
            _requests.Add((double)request);
            _connections.Add((double)connection);
        }
    }

    public JsonObject ToJson() => new()
    {
        ["name"] = Name, ["client_id"] = first["client_id"].AsText(), ["instance"] = Instance, ["bound"] = Bound,
        ["rounds"] = _rounds, ["refused"] = _requests.Count,
        ["requests"] = JsonOf(_requests), ["connections"] = JsonOf(_connections),
    };

    private static JsonObject JsonOf(List<double> times) => Of(times) switch
    {
        [var median, var p99, var maximum] => new() { ["p50_ms"] = median, ["p99_ms"] = p99, ["max_ms"] = maximum },
        _ => [],
    };

    private static double?[] Of(List<double> times)
    {
        if (times.Count == 0)
        {
            return [null, null, null];
        }

        double[] sorted = [.. times.Order()];
        return [At(0.5), At(0.99), sorted[^1]];

        double At(double part) => sorted[Math.Min((int)Math.Ceiling(part * sorted.Length), sorted.Length) - 1];
    }
}
