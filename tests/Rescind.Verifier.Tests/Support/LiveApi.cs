using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// An API with live connections on a real server: WebSocket /ticker (echoes), hub /chat, events /events, all watched.
/// </summary>
internal sealed class LiveApi : IAsyncDisposable
{
    private readonly Api _api;

    private LiveApi(Api api, FakeLog log) => (_api, Log) = (api, log);

    public FakeLog Log { get; }

    public Api Api => _api;

    public LiveConnections Connections => _api.Services.GetRequiredService<SchemeVerifiers>().All.Single().Connections;

    public Sockets Sockets => _api.Services.GetRequiredService<Sockets>();

    public IHubContext<ChatHub> Chat => _api.Services.GetRequiredService<IHubContext<ChatHub>>();

    public HubWork Work => _api.Services.GetRequiredService<HubWork>();

    public int Live => Connections.Live.Sum(kind => kind.Count);

    /// <summary>With tokens that end when they say so: without leeway.</summary>
    public static async Task<LiveApi> StartAsync(
        Action<VerifierOptions>? options = null, Action<WebApplication>? before = null, TimeProvider? time = null,
        Action<IServiceCollection>? services = null)
    {
        var log = new FakeLog();
        log.Register(new()
        {
            Issuer = FakeLog.Issuer, Own = true, Limits = FakeLog.Limits with { Leeway = 0 }, SendsAuthTime = true,
            Types = ["at+jwt"],
            Algorithms = ["ES256"],
        });
        var api = await Api.StartAsync(new()
        {
            Feed = log,
            Schemes = schemes => schemes.AddRescind(verifier =>
            {
                verifier.Audience = "orders";
                options?.Invoke(verifier);
            }),
            Services = all =>
            {
                // Who is ended here is ended by us, and not because SignalR has heard or said nothing for a while.
                all.AddSignalR(static hubs =>
                    (hubs.KeepAliveInterval, hubs.ClientTimeoutInterval) = (TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));
                all.AddSingleton<Sockets>();
                all.AddSingleton<HubWork>();
                all.AddSingleton<IUserIdProvider, Subjects>();
                if (time is not null)
                {
                    all.AddSingleton(time);
                }

                services?.Invoke(all);
            },
            Freshness = TimeSpan.FromMilliseconds(500),
            Routes = app =>
            {
                before?.Invoke(app);
                app.UseWebSockets();
                app.Map("/ticker", (RequestDelegate)Sockets.EchoAsync).RequireAuthorization().CloseOnRevocation();
                app.MapHub<ChatHub>("/chat", static hub =>
                    (hub.AllowStatefulReconnects, hub.TransportSendTimeout) = (true, TimeSpan.FromMinutes(5)))
                    .RequireAuthorization().CloseOnRevocation();
                app.MapHub<ChatHub>("/buyers")
                    .RequireAuthorization(static policy => policy.RequireClaim("role", "buyer")).CloseOnRevocation();
                app.MapGet("/events", (CancellationToken stopped) => TypedResults.ServerSentEvents(Ticks(stopped)))
                    .RequireAuthorization().CloseOnRevocation();
                app.Map("/pieces", (RequestDelegate)PiecesAsync).RequireAuthorization().CloseOnRevocation();
                app.Map("/download", (RequestDelegate)DownloadAsync).RequireAuthorization().CloseOnRevocation();
                app.Map("/guests", static () => "")
                    .RequireAuthorization(static policy => policy.RequireAssertion(static _ => true))
                    .CloseOnRevocation();
                app.Map("/flood", (RequestDelegate)FloodAsync).RequireAuthorization().CloseOnRevocation();
                app.MapPost("/lines", (RequestDelegate)HubWork.ReadLinesAsync).RequireAuthorization().CloseOnRevocation();
                app.Map("/brief", static () => "").RequireAuthorization().CloseOnRevocation();
                app.Map("/first", (RequestDelegate)Sockets.EchoAsync).TakeTokenFromFirstMessage();
                app.MapConnectionTickets("/tickets");
                app.Map("/quiet", (RequestDelegate)QuietAsync).RequireAuthorization().CloseOnRevocation();
            },
        });
        return new(api, log);
    }

    /// <summary>A token of somebody with a session of his own, that ends after so many seconds.</summary>
    public string Mint(string subject, int seconds = 300, string? session = null, object? claims = null) => Log.Mint(Merged(
        new
        {
            sub = subject,
            sid = session ?? "session-of-" + subject,
            jti = Guid.NewGuid().ToString("N"),
            exp = Minting.Now + seconds,
        },
        claims));

    public Task<ClientWebSocket> OpenAsync(string token) => OpenAtAsync("ticker", ("Authorization", "Bearer " + token));

    public async Task<ClientWebSocket> OpenAtAsync(string path, params (string Name, string Value)[] headers)
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        await socket.ConnectAsync(
            new(_api.Http.BaseAddress!.AbsoluteUri.Replace("http://", "ws://", StringComparison.Ordinal) + path), default);
        return socket;
    }

    public HubConnection Hub(
        HttpTransportType transport, Func<string> token, string path = "chat", Action<IHubConnectionBuilder>? configure = null)
    {
        var builder = new HubConnectionBuilder()
            .WithUrl(
                new Uri(_api.Http.BaseAddress!, path),
                transport,
                hub => hub.AccessTokenProvider = () => Task.FromResult<string?>(token()))
            .WithAutomaticReconnect([TimeSpan.Zero, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(200)])
            .WithServerTimeout(TimeSpan.FromMinutes(5));
        configure?.Invoke(builder);
        return builder.Build();
    }

    /// <summary>Ends a thousand connections, so that a close that is decided now has to wait for its turn.</summary>
    public async Task EndACrowdAsync()
    {
        var crowd = Enumerable.Range(0, 1000).Select(_ => new ScriptedConnection(Connections, HandshakeOf("crowd"))).ToList();
        crowd.ForEach(static one => one.Connection.Begin());
        Log.End(Match.Subject("crowd"));
        await Eventually.Async(() => crowd.Any(static one => one.Closed is not null));
    }

    /// <summary>What a connection keeps of a request with a token of that person.</summary>
    public Handshake HandshakeOf(string subject)
    {
        CompactJws.TryRead(Mint(subject), out var jws, out _).ShouldBeTrue();
        var record = _api.Services.GetRequiredService<SchemeVerifiers>().Only.Held.Replica.FindIssuer(FakeLog.Issuer)!;
        TokenFacts.TryCreate(jws!, record, null, out var facts, out _).ShouldBeTrue();
        return new(facts!, new(new()), TimeSpan.FromSeconds(5), new("Bearer", null, "http", default, default, null));
    }

    /// <summary>A hub connection that SignalR has for a handshake.</summary>
    public LiveHub Begin(ConnectionContext context, Handshake handshake) =>
        LiveHub.Begin(context, handshake, Connections, _api.Services.GetRequiredService<PolledHubs>());

    public async Task AppliedAsync(LogPosition position) => await Eventually.Async(() => _api.Status.Position >= position);

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private static System.Text.Json.Nodes.JsonObject Merged(object first, object? second)
    {
        var merged = System.Text.Json.JsonSerializer.SerializeToNode(first)!.AsObject();
        foreach (var (name, value) in second is null ? [] : System.Text.Json.JsonSerializer.SerializeToNode(second)!.AsObject())
        {
            merged[name] = value?.DeepClone();
        }

        return merged;
    }

    // Almost always in the middle of an event.
    private static async Task PiecesAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        while (true)
        {
            await context.Response.WriteAsync("data: beginning\n", context.RequestAborted);
            await Task.Delay(500, context.RequestAborted);
            await context.Response.WriteAsync("data: end of it\n\n", context.RequestAborted);
            await Task.Delay(100, context.RequestAborted);
        }
    }

    private static async Task DownloadAsync(HttpContext context)
    {
        while (true)
        {
            await context.Response.WriteAsync("a line\n", context.RequestAborted);
            await Task.Delay(20, context.RequestAborted);
        }
    }

    private static async Task FloodAsync(HttpContext context)
    {
        var much = new byte[1_000_000];
        while (true)
        {
            await context.Response.Body.WriteAsync(much, context.RequestAborted);
        }
    }

    private static async Task QuietAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(": hello\n\n");
        await Task.Delay(Timeout.Infinite, context.RequestAborted);
    }

    private static async IAsyncEnumerable<string> Ticks([EnumeratorCancellation] CancellationToken stopped)
    {
        for (var tick = 0; ; tick++)
        {
            yield return $"tick {tick}";
            await Task.Delay(20, stopped);
        }
    }
}

/// <summary>The server's ends of the WebSockets, so that a test can send on them.</summary>
internal sealed class Sockets
{
    private readonly ConcurrentDictionary<string, WebSocket> _bySubject = new();

    public WebSocket Of(string subject) => _bySubject[subject];

    /// <summary>What the app was given, as text.</summary>
    public ConcurrentQueue<string> Received { get; } = [];

    public bool Has(string subject) => _bySubject.ContainsKey(subject);

    public static async Task EchoAsync(HttpContext context)
    {
        var sockets = context.RequestServices.GetRequiredService<Sockets>();
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var subject = context.User.Subject!;
        sockets._bySubject[subject] = socket;
        var buffer = new byte[256];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted)
                is { MessageType: not WebSocketMessageType.Close } got)
            {
                sockets.Received.Enqueue(Encoding.UTF8.GetString(buffer, 0, got.Count));
                await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, context.RequestAborted);
            }
        }
        finally
        {
            sockets._bySubject.TryRemove(subject, out _);
        }
    }
}
