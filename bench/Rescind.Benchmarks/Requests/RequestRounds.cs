using System.Net.Http.Headers;
using System.Text.Json;
using Rescind.Benchmarks.Scale;

namespace Rescind.Benchmarks.Requests;

/// <summary>
/// What a protected request costs its server in processor time and memory, in several ways of protecting it that take turns. Each
/// server is a process of its own and has 256 tokens, sent one after the other again and again.
/// </summary>
internal static class RequestRounds
{
    public const string ServerPart = "request-server";
    public const string Ours = "AddRescind";
    public const string OursNoneRemembered = "AddRescind, VerifiedTokens = 0";
    public const string OursElsewhere = "AddJwtBearer().AddRevocation(), ES256";
    public const string Stock = "AddJwtBearer, ES256";
    public const string StockSymmetric = "AddJwtBearer, HS256";
    public const string Dictionary = "a table of known tokens";
    public const int Tokens = 256;

    private const string StockAgain = "the same again";
    private const int Callers = 8;
    private const int WarmUps = 20_000;

    private static readonly (string Name, string Kind)[] Sides =
    [
        (Ours, Ours), (OursNoneRemembered, OursNoneRemembered), (OursElsewhere, OursElsewhere),
        (Stock, Stock), (StockAgain, Stock), (StockSymmetric, StockSymmetric), (Dictionary, Dictionary),
    ];

    private static readonly (string Ours, string Theirs, string Goal)[] Besides =
    [
        (StockAgain, Stock, "1, the noise"),
        (Ours, Stock, "at most 0.40"),
        (OursElsewhere, Stock, "at most 0.40"),
        (OursNoneRemembered, Stock, ""),
        (Ours, StockSymmetric, "at most 1.05"),
        (Ours, Dictionary, "at most 1.3"),
    ];

    public static async Task RunAsync(int rounds, int requests)
    {
        var servers = new List<Server>();
        foreach (var (name, kind) in Sides)
        {
            servers.Add(await Server.StartAsync(name, kind));
        }

        var costs = servers.ToDictionary(static server => server.Name, static _ => new List<Cost>());
        foreach (var server in servers)
        {
            await server.MeasureAsync(WarmUps);
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var server in servers.Skip(round % servers.Count).Concat(servers.Take(round % servers.Count)))
            {
                costs[server.Name].Add(await server.MeasureAsync(requests));
            }

            Console.Error.WriteLine($"round {round + 1} of {rounds}");
        }

        Report(costs);
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }

    private static void Report(Dictionary<string, List<Cost>> costs)
    {
        Console.WriteLine("| side | CPU a request, us | allocated, bytes |\n|---|---|---|");
        foreach (var (name, measured) in costs)
        {
            var time = new Samples(measured.Select(static cost => cost.Microseconds));
            var memory = new Samples(measured.Select(static cost => cost.Bytes));
            Console.WriteLine($"| {name} | {time.Spread("F1")} | {memory.Median:F0} |");
        }

        Console.WriteLine("\n| side | beside | CPU | allocated | goal, CPU |\n|---|---|---|---|---|");
        foreach (var (ours, theirs, goal) in Besides)
        {
            var time = new Samples(costs[ours].Zip(costs[theirs], static (one, other) => one.Microseconds / other.Microseconds));
            var memory = new Samples(costs[ours].Zip(costs[theirs], static (one, other) => one.Bytes / other.Bytes));
            Console.WriteLine($"| {ours} | {theirs} | {time.Spread("F2")} | {memory.Median:F2} | {goal} |");
        }
    }

    private sealed record Cost(double Microseconds, double Bytes);

    private sealed class Server(string name, Child child, Uri orders, string[] tokens) : IAsyncDisposable
    {
        private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = Callers });

        public string Name => name;

        public static async Task<Server> StartAsync(string name, string kind)
        {
            var child = Child.StartSelf(ServerPart, kind);
            var said = await child.HearAsync();
            return new(
                name, child, new($"{said.GetProperty("url").GetString()}/orders"),
                [.. said.GetProperty("tokens").EnumerateArray().Select(static token => token.GetString()!)]);
        }

        public async Task<Cost> MeasureAsync(int requests)
        {
            var before = await child.AskAsync("");
            await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => SendAsync(caller, requests / Callers)));
            var after = await child.AskAsync("");
            double Took(string what) => after.GetProperty(what).GetDouble() - before.GetProperty(what).GetDouble();
            return new(Took("cpu") * 1000 / requests, Took("allocated") / requests);
        }

        public ValueTask DisposeAsync()
        {
            _http.Dispose();
            return child.DisposeAsync();
        }

        private async Task SendAsync(int caller, int times)
        {
            for (var i = 0; i < times; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, orders);
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens[((caller * times) + i) % Tokens]);
                using var answer = await _http.SendAsync(request);
                answer.EnsureSuccessStatusCode();
            }
        }
    }
}
