using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Connections.Streams;
using Rescind.Verifier.Connections.WebSockets;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Connections;

/// <summary>Marks a route whose connections are watched.</summary>
internal sealed class CloseOnRevocationMetadata;

/// <summary>
/// What stands around a watched route: a hub's connections are watched below the hub's protocol, a WebSocket from when the app accepts it, and
/// every other answer for as long as it is written.
/// </summary>
internal sealed class WatchedEndpoint(LiveConnections connections, RouteDemands demands, ILogger<WatchedEndpoint> logger)
{
    public Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (Handshake.Take(context, demands) is not { } handshake)
        {
            VerifierLog.NothingToWatch(logger, context.GetEndpoint()?.DisplayName);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        if (context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is not null)
        {
            HubRequests.Prepare(context.Request);
            return next(context);
        }

        return context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true } sockets
            ? WatchedWebSockets.RunAsync(context, next, sockets, (handshake, connections))
            : LiveStream.RunAsync(context, next, handshake, connections);
    }
}
