using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Connections.Hubs;
using Rescind.Verifier.Connections.Streams;
using Rescind.Verifier.Connections.WebSockets;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Endpoints;

/// <summary>Marks a watched route whose WebSockets may bring their token as the first message.</summary>
internal sealed class FirstMessageMetadata;

/// <summary>
/// What stands around a watched route: a hub's connections are watched below the hub's protocol, a WebSocket from when
/// the app accepts it, and every other answer for as long as it is written, also where the client asked for a WebSocket
/// and the app answers something else.
/// </summary>
internal sealed class WatchedEndpoint(
    SchemeVerifiers verifiers, FirstMessages firstMessages, HubRequests hubRequests, ILogger<WatchedEndpoint> logger)
{
    public Task RunAsync(HttpContext context, RequestDelegate next)
    {
        if (HubRequests.IsAnswered(context))
        {
            return next(context);
        }

        var metadata = context.GetEndpoint()?.Metadata;
        var sockets = context.Features.Get<IHttpWebSocketFeature>() is { IsWebSocketRequest: true } found ? found : null;
        if (Handshake.Take(context, verifiers) is not { } handshake)
        {
            if (sockets is not null && metadata?.GetMetadata<FirstMessageMetadata>() is not null)
            {
                return firstMessages.RunAsync(context, next, sockets);
            }

            VerifierLog.NothingToWatch(logger, context.GetEndpoint()?.DisplayName);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        var connections = verifiers.Of(handshake.Origin.Authentication).Connections;
        return metadata?.GetMetadata<HubMetadata>() is not null
            ? RunHubAsync(context, next, handshake, connections)
            : LiveStream.RunAsync(
                context,
                stream => sockets is null
                    ? next(context)
                    : WatchedWebSockets.RunAsync(
                        context, next, sockets, stream.BecomeSocket, _ => stream.HandOverAsync(handshake), verifiers),
                handshake,
                connections,
                mayBecomeSocket: sockets is not null);
    }

    private async Task RunHubAsync(HttpContext context, RequestDelegate next, Handshake handshake, LiveConnections connections)
    {
        // Such a connection would go on over another transport, round our gate. The client is told that there is none.
        QueryParameters.TakeOut(context.Request, "useStatefulReconnect");
        var verdict = connections.Judge(handshake.Facts, handshake.Freshness);
        if (!await LateRefusal.RefusesAsync(context, handshake, verdict).ConfigureAwait(false))
        {
            await hubRequests.RunAsync(context, handshake, next).ConfigureAwait(false);
        }
    }
}
