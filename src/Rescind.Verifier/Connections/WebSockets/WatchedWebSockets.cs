using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>Gives the app a watched socket when it accepts one.</summary>
/// <param name="context">The request.</param>
/// <param name="inner">What accepts sockets really.</param>
/// <param name="begin">Hears that a socket is about to be accepted; throws if there may be none.</param>
/// <param name="shake">Finds the handshake of an accepted socket; null if it has closed the socket instead.</param>
/// <param name="verifiers">Who watches, by the scheme that judged.</param>
internal sealed class WatchedWebSockets(
    HttpContext context, IHttpWebSocketFeature inner, Action begin, Func<WebSocketTransport, ValueTask<Handshake?>> shake,
    SchemeVerifiers verifiers) : IHttpWebSocketFeature, IDisposable
{
    private LiveWebSocket? _socket;
    private bool _isRefused;

    public bool IsWebSocketRequest => true;

    public static async Task RunAsync(
        HttpContext context, RequestDelegate next, IHttpWebSocketFeature inner, Action begin,
        Func<WebSocketTransport, ValueTask<Handshake?>> shake, SchemeVerifiers verifiers)
    {
        using var sockets = new WatchedWebSockets(context, inner, begin, shake, verifiers);
        context.Features.Set<IHttpWebSocketFeature>(sockets);
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (WebSocketException) when (sockets._isRefused)
        {
            // That is how the app was told that there is no socket for it.
        }
        finally
        {
            context.Features.Set(inner);
            await (sockets._socket?.LeaveAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
    }

    public async Task<WebSocket> AcceptAsync(WebSocketAcceptContext accept)
    {
        begin();
        var transport = new WebSocketTransport(await inner.AcceptAsync(accept).ConfigureAwait(false), context);
        if (await shake(transport).ConfigureAwait(false) is not { } handshake)
        {
            _isRefused = true;
            transport.Dispose();
            throw new WebSocketException(WebSocketError.NotAWebSocket, "The socket brought no valid token and was closed.");
        }

        var connections = verifiers.Of(handshake.Origin.Authentication).Connections;
        _socket = new(transport, new(connections, handshake, transport), connections.Options);
        return _socket;
    }

    public void Dispose() => _socket?.Dispose();
}
