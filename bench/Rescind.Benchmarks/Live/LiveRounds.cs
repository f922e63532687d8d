using System.Diagnostics;
using System.Net.Http.Json;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.Benchmarks.Live;

/// <summary>
/// A thousand watched and a thousand plain connections of a hundred people. For each person in turn: one word to all of
/// his plain ones (from the call to the last arrival), and a revocation (from its acknowledgement to the last of his
/// watched ones closed). The ratio of the p99 is the goal. Authority, API and all clients are one process with one
/// heap: a collection stops all of them for longer than anything measured here takes, once in a dozen to a hundred
/// people, and decides the p99 of whichever side it meets. It is had before each side, of each person.
/// </summary>
internal static class LiveRounds
{
    public static readonly IReadOnlyList<string> Kinds =
        ["socket", "hub-sockets", "hub-events", "hub-polls", "hub-polls-told", "events", "grpc"];

    private const int People = 100;
    private const int Each = 10;

    public static async Task RunAsync(IEnumerable<string> kinds, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-bench-").FullName;
        try
        {
            Console.WriteLine(
                "| kind | fan-out p50 / p99 / max, ms | closed p50 / p99 / max, ms | ratio of p99 |\n|---|---|---|---|");
            foreach (var kind in kinds)
            {
                var (fanOut, closed) = (new List<double>(), new List<double>());

                // For the compiler, and not counted.
                await MeasureAsync(kind, Path.Combine(folder, $"{kind}-0"), [], []);
                for (var round = 1; round <= rounds; round++)
                {
                    await MeasureAsync(kind, Path.Combine(folder, $"{kind}-{round}"), fanOut, closed);
                }

                Print(kind, fanOut, closed);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(string kind, string data, List<double> fanOut, List<double> closed)
    {
        const string url = "http://127.0.0.1:0";
        await using var authority = AuthorityServer.Create(
            new() { Urls = url, Data = data, Issuer = "http://127.0.0.1:7070" },
            static builder => builder.Logging.ClearProviders());
        await authority.StartAsync();
        var admin = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "admin.json")))!;
        await using var server = await LiveServer.StartAsync(
            authority.Urls.First(), (string)admin["client_id"]!, (string)admin["client_secret"]!);
        using var http = new HttpClient(
            new SocketsHttpHandler { MaxConnectionsPerServer = 10_000 }) { BaseAddress = new(server.Urls.First()) };
        using var grpc = GrpcChannel.ForAddress(server.Urls.Last());
        while (!(await http.GetAsync("/health/ready")).IsSuccessStatusCode)
        {
            await Task.Delay(20);
        }

        var watched = await OpenAllAsync(authority, token => LiveClient.OpenAsync(http, grpc, kind, isWatched: true, token));
        var plain = await OpenAllAsync(authority, token => LiveClient.OpenAsync(http, grpc, kind, isWatched: false, token));
        for (var person = 0; person < People; person++)
        {
            await SettleAsync();
            fanOut.Add(await ShoutAsync(http, kind, person, plain[person]));
            await SettleAsync();
            closed.Add(await RevokeAsync(authority, person, watched[person]));
            if (watched.Skip(person + 1).SelectMany(static all => all).Any(static one => one.Heard.IsCompleted))
            {
                throw new InvalidOperationException("Somebody else was closed, too.");
            }
        }

        foreach (var client in watched.Concat(plain).SelectMany(static all => all))
        {
            await client.DisposeAsync();
        }
    }

    private static async Task<List<LiveClient[]>> OpenAllAsync(WebApplication authority, Func<string, Task<LiveClient>> open)
    {
        var all = new List<LiveClient[]>();
        var sessions = authority.Services.GetRequiredService<ISessions>();
        for (var person = 0; person < People; person++)
        {
            var session = await sessions.StartAsync(new() { Subject = $"p-{person}", Audience = ["bench"] });
            all.Add(await Task.WhenAll(Enumerable.Range(0, Each).Select(_ => open(session.AccessToken))));
        }

        return all;
    }

    // A follower is paced after entries: what is measured is one revocation, not the wait of the next for its turn.
    private static Task SettleAsync()
    {
        GC.Collect(0);
        return Task.Delay(50);
    }

    private static async Task<double> ShoutAsync(HttpClient http, string kind, int person, LiveClient[] clients)
    {
        var clock = Stopwatch.StartNew();
        var shouting = http.PostAsJsonAsync($"/shout/{kind}/p-{person}", "");
        await Task.WhenAll(clients.Select(static client => client.Heard));
        var elapsed = clock.Elapsed.TotalMilliseconds;
        await shouting;
        return elapsed;
    }

    private static async Task<double> RevokeAsync(WebApplication authority, int person, LiveClient[] clients)
    {
        await authority.Services.GetRequiredService<IRevocations>().RevokeAsync(Match.Subject($"p-{person}"), "measured");
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(clients.Select(static client => client.Heard));
        return clock.Elapsed.TotalMilliseconds;
    }

    private static void Print(string kind, List<double> fanOut, List<double> closed)
    {
        fanOut.Sort();
        closed.Sort();
        Console.WriteLine($"| {kind} | {Words(fanOut)} | {Words(closed)} | {Rank(closed, 0.99) / Rank(fanOut, 0.99):N2} |");
    }

    private static string Words(List<double> sorted) => $"{Rank(sorted, 0.5):N1} / {Rank(sorted, 0.99):N1} / {sorted[^1]:N1}";

    // The nearest rank.
    private static double Rank(List<double> sorted, double share) => sorted[(int)Math.Ceiling(sorted.Count * share) - 1];
}
