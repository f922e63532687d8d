using System.Net.WebSockets;
using System.Text;

namespace Rescind.Verifier.Tests.Support;

/// <summary>What a client says and hears on a WebSocket.</summary>
internal static class SocketTexts
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static Task SayAsync(this WebSocket socket, string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, default);

    /// <summary>The next message, or the code and reason of the close.</summary>
    public static async Task<string> HearAsync(this WebSocket socket)
    {
        using var limit = new CancellationTokenSource(Limit);
        var buffer = new byte[64 * 1024];
        var length = 0;
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(length), limit.Token);
            if (part.MessageType is WebSocketMessageType.Close)
            {
                return $"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}";
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }

    /// <summary>Hears until the close, and answers it.</summary>
    public static async Task<(string Close, List<string> Before)> HearToTheEndAsync(this WebSocket socket)
    {
        var before = new List<string>();
        while (true)
        {
            var text = await socket.HearAsync();
            if (socket.CloseStatus is not null)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
                return (text, before);
            }

            before.Add(text);
        }
    }

    /// <summary>Says it and hears it back: the connection lives.</summary>
    public static async Task ShouldEchoAsync(this WebSocket socket, string text)
    {
        await socket.SayAsync(text);
        (await socket.HearAsync()).ShouldBe(text);
    }
}
