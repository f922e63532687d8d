using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescind.Benchmarks.Live;

/// <summary>An API with every kind of connection twice: watched, and plain. /shout sends one word to all plain ones of a person.</summary>
internal static class LiveServer
{
    public static async Task<WebApplication> StartAsync(string authority, string clientId, string clientSecret)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0", ["Rescind:Authority"] = authority, ["Rescind:Audience"] = "bench", ["Rescind:ClientId"] = clientId,
            ["Rescind:ClientSecret"] = clientSecret,
        });
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();
        builder.Services.AddHealthChecks().AddRescind();
        builder.Services.AddSignalR();
        builder.Services.AddSingleton<Listeners>();
        var app = builder.Build();
        app.UseWebSockets();
        Map(app);
        await app.StartAsync();
        return app;
    }

    private static void Map(WebApplication app)
    {
        var listeners = app.Services.GetRequiredService<Listeners>();
        app.MapHealthChecks("/health/ready");
        app.Map("/socket", (RequestDelegate)listeners.ListenAsync).RequireAuthorization().CloseOnRevocation();
        app.Map("/plain/socket", (RequestDelegate)listeners.ListenAsync).RequireAuthorization();
        app.MapHub<WatchedHub>("/hub").RequireAuthorization().CloseOnRevocation();
        app.MapHub<PlainHub>("/plain/hub").RequireAuthorization();
        app.MapGet("/events", listeners.Events).RequireAuthorization().CloseOnRevocation();
        app.MapGet("/plain/events", listeners.Events).RequireAuthorization();
        app.MapPost("/shout/{kind}/{subject}", listeners.ShoutAsync);
    }
}

/// <summary>A hub that only listens, and is watched.</summary>
internal sealed class WatchedHub : Hub;

/// <summary>A hub whose groups are people.</summary>
internal sealed class PlainHub : Hub
{
    public override Task OnConnectedAsync() => Groups.AddToGroupAsync(Context.ConnectionId, Context.User!.Subject!);
}

/// <summary>Who listens, by subject.</summary>
internal sealed class Listeners(IHubContext<PlainHub> hub)
{
    private static readonly byte[] Word = "word"u8.ToArray();

    private readonly ConcurrentDictionary<string, ConcurrentBag<WebSocket>> _sockets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentBag<Channel<string>>> _streams = new(StringComparer.Ordinal);

    public async Task ListenAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        if (context.Request.Path.StartsWithSegments("/plain", StringComparison.Ordinal))
        {
            _sockets.GetOrAdd(context.User.Subject!, static _ => []).Add(socket);
        }

        var buffer = new byte[64];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
        {
        }
    }

    public IResult Events(HttpContext context)
    {
        var channel = Channel.CreateUnbounded<string>();
        if (context.Request.Path.StartsWithSegments("/plain", StringComparison.Ordinal))
        {
            _streams.GetOrAdd(context.User.Subject!, static _ => []).Add(channel);
        }

        return TypedResults.ServerSentEvents(ReadAsync(channel, context.RequestAborted));
    }

    public async Task ShoutAsync(HttpContext context)
    {
        var (kind, subject) = ((string)context.GetRouteValue("kind")!, (string)context.GetRouteValue("subject")!);
        await (kind switch
        {
            "socket" => Task.WhenAll(_sockets[subject].Select(static socket =>
                socket.SendAsync(Word, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None))),
            "hub" => hub.Clients.Group(subject).SendAsync("Said", "word"),
            _ => Task.WhenAll(_streams[subject].Select(static stream => stream.Writer.WriteAsync("word").AsTask())),
        });
    }

    private static async IAsyncEnumerable<SseItem<string>> ReadAsync(
        Channel<string> channel, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stopped)
    {
        yield return new("begin", "begin");
        await foreach (var word in channel.Reader.ReadAllAsync(stopped))
        {
            yield return new(word, "word");
        }
    }
}
