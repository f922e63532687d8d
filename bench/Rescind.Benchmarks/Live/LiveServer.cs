using System.Net;
using System.Security.Claims;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescind.Benchmarks.Live;

/// <summary>
/// An API with every kind of connection twice: watched, and plain. /shout sends one word to all plain ones of a person.
/// Its first address speaks HTTP/1.1, its second HTTP/2 without TLS, for gRPC.
/// </summary>
internal static class LiveServer
{
    public static async Task<WebApplication> StartAsync(
        string authority, string clientId, string clientSecret, Dictionary<string, string?>? settings = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Rescind:Authority"] = authority, ["Rescind:Audience"] = "bench", ["Rescind:ClientId"] = clientId,
            ["Rescind:ClientSecret"] = clientSecret,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static http => http.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, static grpc => grpc.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();
        builder.Services.AddHealthChecks().AddRescind();
        builder.Services.AddSignalR();
        builder.Services.AddGrpc();
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
        app.MapHub<WatchedHub>("/hub-{transport}").RequireAuthorization().CloseOnRevocation();
        app.MapHub<QuietHub>("/quiet").RequireAuthorization().CloseOnRevocation();

        // SignalR itself ends a connection that takes nothing for ten seconds: here it goes on.
        app.MapHub<CrowdedHub>("/crowded", static hub => hub.TransportSendTimeout = TimeSpan.FromMinutes(10))
            .RequireAuthorization().CloseOnRevocation();
        app.MapHub<PlainHub>("/plain/hub-{transport}").RequireAuthorization();
        app.MapGet("/events", listeners.Events).RequireAuthorization().CloseOnRevocation();
        app.MapGet("/plain/events", listeners.Events).RequireAuthorization();
        app.MapGrpcService<WatchedStreams>().RequireAuthorization().CloseOnRevocation();
        app.MapGrpcService<PlainStreams>().RequireAuthorization();
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

/// <summary>A watched hub to which some listen who read.</summary>
internal sealed class QuietHub : Hub;

/// <summary>A watched hub to which others listen as well.</summary>
internal sealed class CrowdedHub : Hub
{
    public override Task OnConnectedAsync() => Groups.AddToGroupAsync(Context.ConnectionId, Context.User!.Subject!);
}

internal sealed class WatchedStreams(Listeners listeners) : Watched.WatchedBase
{
    public override Task Listen(Nothing request, IServerStreamWriter<Word> responseStream, ServerCallContext context) =>
        listeners.AnswerAsync(responseStream, context);
}

internal sealed class PlainStreams(Listeners listeners) : Plain.PlainBase
{
    public override Task Listen(Nothing request, IServerStreamWriter<Word> responseStream, ServerCallContext context) =>
        listeners.AnswerAsync(responseStream, context);
}
