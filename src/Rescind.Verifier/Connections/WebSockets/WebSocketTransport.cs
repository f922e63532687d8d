using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>A raw WebSocket as its watch sees it.</summary>
internal sealed class WebSocketTransport(WebSocket socket, HttpContext context) : ILiveTransport, IDisposable
{
    // Held from the first frame of a message to its last: ours must not fall between them.
    private readonly SemaphoreSlim _turn = new(1);

    public string Kind => "websocket";

    public WebSocket Socket => socket;

    public SemaphoreSlim Turn => _turn;

    public Task AskAsync(TimeSpan left, CancellationToken cancellationToken) =>
        SendAsync(ControlMessages.Renew(left), cancellationToken);

    public async Task SendAsync(byte[] text, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(text, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken) =>
        socket.CloseOutputAsync((WebSocketCloseStatus)end.Code, end.Reason, cancellationToken);

    /// <summary>Nothing: the app reads the client's answer, and sees a close like any other.</summary>
    public void Stop()
    {
    }

    public void Abort()
    {
        socket.Abort();
        context.Abort();
    }

    public void Dispose() => socket.Dispose();
}
