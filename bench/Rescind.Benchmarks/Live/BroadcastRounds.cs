using System.Diagnostics;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Verifier;

namespace Rescind.Benchmarks.Live;

/// <summary>
/// Broadcasts to two watched hubs in turn. To each listen 980 clients; one has twenty more, of which ten are held,
/// because their renewal is awaited and does not come, and ten never read. Measured are the time from the call until
/// the last of the 980 has heard it, and how long the sender waits. The ratio of the p99 is the goal. One process with
/// one heap, so a collection is had before each broadcast.
/// </summary>
internal static class BroadcastRounds
{
    private const int Readers = 980;
    private const int Others = 10;
    private const int FillMessages = 160;
    private const int FillBytes = 64 * 1024;

    public static async Task RunAsync(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-bench-").FullName;
        try
        {
            const string url = "http://127.0.0.1:0";
            await using var authority = AuthorityServer.Create(
                new() { Urls = url, Data = folder, Issuer = "http://127.0.0.1:7070" },
                static builder => builder.Logging.ClearProviders());
            await authority.StartAsync();
            var admin = System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "admin.json")))!;
            await using var server = await LiveServer.StartAsync(
                authority.Urls.First(), (string)admin["client_id"]!, (string)admin["client_secret"]!, new()
                {
                    ["Rescind:Connections:RenewalMargin"] = "00:05:00", ["Rescind:Connections:MaxBacklogBytes"] = "67108864",
                });
            using var http = new HttpClient { BaseAddress = new(server.Urls.First()) };
            while (!(await http.GetAsync("/health/ready")).IsSuccessStatusCode)
            {
                await Task.Delay(20);
            }

            await MeasureAsync(authority, server, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(WebApplication authority, WebApplication server, int rounds)
    {
        var sessions = authority.Services.GetRequiredService<ISessions>();
        var (quiet, crowded) = (new Audience(server, "quiet"), new Audience(server, "crowded"));
        await quiet.OpenAsync(await TokenAsync(sessions, "reader"), Readers);
        await crowded.OpenAsync(await TokenAsync(sessions, "reader"), Readers);
        await HoldAsync(authority, server, sessions);
        await OpenDeafAsync(server, await TokenAsync(sessions, "deaf"));

        // For the compiler, and not counted.
        await TakeTurnsAsync(quiet, crowded, rounds / 10);
        (quiet.Heard, crowded.Heard, quiet.Waited, crowded.Waited) = ([], [], [], []);
        await TakeTurnsAsync(quiet, crowded, rounds);
        var live = server.Services.GetRequiredService<SchemeVerifiers>().All.Sum(
            static one => one.Connections.Live.Sum(static kind => kind.Count));
        if (live != (2 * Readers) + (2 * Others))
        {
            throw new InvalidOperationException($"There are {live} connections: some were closed.");
        }

        Console.WriteLine(
            "| hub | heard by all 980: p50 / p99 / max, ms | the sender waits: p50 / p99 / max, ms |\n|---|---|---|");
        Console.WriteLine($"| 980 who read | {Words(quiet.Heard)} | {Words(quiet.Waited)} |");
        Console.WriteLine($"| and 10 held, 10 who never read | {Words(crowded.Heard)} | {Words(crowded.Waited)} |");
        Console.WriteLine($"ratio of p99: {Rank(crowded.Heard, 0.99) / Rank(quiet.Heard, 0.99):N2}");
    }

    private static async Task TakeTurnsAsync(Audience quiet, Audience crowded, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            var (first, second) = round % 2 == 0 ? (quiet, crowded) : (crowded, quiet);
            await first.ShoutAsync();
            await second.ShoutAsync();
        }
    }

    private static async Task HoldAsync(WebApplication authority, WebApplication server, ISessions sessions)
    {
        var asked = new CountdownEvent(Others);
        var token = await TokenAsync(sessions, "held");
        for (var i = 0; i < Others; i++)
        {
            var hub = Audience.Connect(server, "crowded", token);
            hub.On<int>("RenewToken", _ => asked.Signal());
            await hub.StartAsync();
        }

        await authority.Services.GetRequiredService<IRevocations>().RevokeAsync(
            new RevocationRequest { Match = Match.Subject("held"), Effect = Effect.Renew, Reason = "measured" });
        asked.Wait();
    }

    // With so much sent to them that their ends of the network, and the server's, are full.
    private static async Task OpenDeafAsync(WebApplication server, string token)
    {
        var hub = server.Services.GetRequiredService<IHubContext<CrowdedHub>>();
        for (var i = 0; i < Others; i++)
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
            await socket.ConnectAsync(
                new UriBuilder(server.Urls.First()) { Scheme = "ws", Path = "crowded" }.Uri, new(new SocketsHttpHandler
                {
                    ConnectCallback = static async (context, cancellation) =>
                    {
                        var narrow = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
                        await narrow.ConnectAsync(context.DnsEndPoint, cancellation);
                        return new NetworkStream(narrow, ownsSocket: true);
                    },
                }), CancellationToken.None);
            await socket.SendAsync(
                Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"), WebSocketMessageType.Text, true,
                CancellationToken.None);
            await socket.ReceiveAsync(new byte[64], CancellationToken.None);
            _ = PingAsync(socket);
        }

        for (var i = 0; i < FillMessages; i++)
        {
            await hub.Clients.Group("deaf").SendAsync("Said", new string('x', FillBytes));
        }
    }

    // A hub gives up a client that it does not hear of for half a minute.
    private static async Task PingAsync(ClientWebSocket socket)
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(10));
            await socket.SendAsync(
                Encoding.UTF8.GetBytes("{\"type\":6}\u001e"), WebSocketMessageType.Text, true, CancellationToken.None);
        }
    }

    private static async Task<string> TokenAsync(ISessions sessions, string subject) =>
        (await sessions.StartAsync(new() { Subject = subject, Audience = ["bench"] })).AccessToken;

    private static string Words(List<double> all) => $"{Rank(all, 0.5):N1} / {Rank(all, 0.99):N1} / {Rank(all, 1):N1}";

    // The nearest rank.
    private static double Rank(List<double> all, double share) => all.Order().ElementAt((int)Math.Ceiling(all.Count * share) - 1);

    /// <summary>Those who listen to one hub and read.</summary>
    private sealed class Audience(WebApplication server, string path)
    {
        private int _left;
        private TaskCompletionSource _heard = new();

        public List<double> Heard { get; set; } = [];

        public List<double> Waited { get; set; } = [];

        public static HubConnection Connect(WebApplication server, string path, string token) => new HubConnectionBuilder()
            .WithUrl(new Uri(new(server.Urls.First()), path), options =>
            {
                options.AccessTokenProvider = () => Task.FromResult<string?>(token);
                options.Transports = Microsoft.AspNetCore.Http.Connections.HttpTransportType.WebSockets;
                options.SkipNegotiation = true;
            })
            .Build();

        public async Task OpenAsync(string token, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var hub = Connect(server, path, token);
                hub.On<string>("Said", _ => Hear());
                await hub.StartAsync();
            }
        }

        public async Task ShoutAsync()
        {
            GC.Collect(0);
            await Task.Delay(10);
            (_left, _heard) = (Readers, new(TaskCreationOptions.RunContinuationsAsynchronously));
            var clock = Stopwatch.StartNew();
            await (path == "quiet"
                ? server.Services.GetRequiredService<IHubContext<QuietHub>>().Clients.All.SendAsync("Said", "word")
                : server.Services.GetRequiredService<IHubContext<CrowdedHub>>().Clients.All.SendAsync("Said", "word"));
            Waited.Add(clock.Elapsed.TotalMilliseconds);
            await _heard.Task;
            Heard.Add(clock.Elapsed.TotalMilliseconds);
        }

        private void Hear()
        {
            if (Interlocked.Decrement(ref _left) == 0)
            {
                _heard.TrySetResult();
            }
        }
    }
}
