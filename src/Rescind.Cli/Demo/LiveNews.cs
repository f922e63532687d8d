using System.Net.WebSockets;
using System.Text;

namespace Rescind.Cli.Demo;

/// <summary>
/// What an API of the demo says on a WebSocket: a word, again and again, for as long as the token that opened it counts.
/// </summary>
internal static class LiveNews
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public static async Task StreamAsync(HttpContext context, TimeProvider time)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var speaking = SpeakAsync(socket, time, ended.Token);

        // The answer to a close comes in by reading.
        var buffer = new byte[16];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType
            is not WebSocketMessageType.Close)
        {
        }

        await ended.CancelAsync();
        await speaking;
    }

    private static async Task SpeakAsync(WebSocket socket, TimeProvider time, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes("news"), WebSocketMessageType.Text, endOfMessage: true, ended);
                await Task.Delay(Pause, time, ended);
            }
        }
        catch (Exception over) when (over is WebSocketException or OperationCanceledException)
        {
            // The device has gone, or its token has.
        }
    }
}
