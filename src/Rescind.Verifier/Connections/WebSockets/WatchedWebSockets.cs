using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>Gives the app a watched socket when it accepts one.</summary>
internal sealed class WatchedWebSockets(HttpContext context, IHttpWebSocketFeature inner, Handshake handshake, LiveConnections connections)
    : IHttpWebSocketFeature, IDisposable
{
    private LiveWebSocket? _socket;

    public bool IsWebSocketRequest => true;

    public static async Task RunAsync(
        HttpContext context, RequestDelegate next, IHttpWebSocketFeature inner, (Handshake Handshake, LiveConnections Connections) watched)
    {
        using var sockets = new WatchedWebSockets(context, inner, watched.Handshake, watched.Connections);
        context.Features.Set<IHttpWebSocketFeature>(sockets);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            context.Features.Set(inner);
        }
    }

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext accept)
    {
        var socket = new WebSocketTransport(await inner.AcceptAsync(accept).ConfigureAwait(false), context);
        _socket = new(socket, new(connections, handshake, socket));
        return _socket;
    }

    public void Dispose() => _socket?.Dispose();
}
