using System.Net.WebSockets;
using System.Text;

namespace Rescind.EndToEnd;

/// <summary>The clients' ends of the WebSockets <c>/ticker</c> of the sample <c>Chat</c>.</summary>
internal static class Tickers
{
    public static async Task<ClientWebSocket> OpenAsync(Uri api, string accessToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", "Bearer " + accessToken);
        await socket.ConnectAsync(new UriBuilder(api) { Scheme = "ws", Path = "/ticker" }.Uri, default);
        return socket;
    }

    /// <summary>The next text message, or the code and the reason of the close.</summary>
    public static async Task<string> HearAsync(this ClientWebSocket socket)
    {
        var buffer = new byte[1024];
        var part = await socket.ReceiveAsync(buffer, default).WaitAsync(TimeSpan.FromSeconds(30));
        return part.MessageType is WebSocketMessageType.Close
            ? $"{(int)socket.CloseStatus!} {socket.CloseStatusDescription}"
            : Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    /// <summary>Hears until it hears something that begins so. A close that does not throws, with what it said.</summary>
    public static async Task HearUntilAsync(this ClientWebSocket socket, string beginning)
    {
        while (await socket.HearAsync() is var text && !text.StartsWith(beginning, StringComparison.Ordinal))
        {
            socket.CloseStatus.ShouldBeNull(text);
        }
    }

    /// <summary>Puts a new token in place of the present one.</summary>
    public static async Task RenewAsync(this ClientWebSocket socket, string accessToken)
    {
        await socket.SendAsync(
            Encoding.UTF8.GetBytes("rescind:token " + accessToken), WebSocketMessageType.Text, endOfMessage: true, default);
        await socket.HearUntilAsync("rescind:renewed");
    }
}
