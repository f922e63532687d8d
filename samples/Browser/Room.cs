using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Security.Claims;
using System.Text;
using System.Threading.Channels;

/// <summary>
/// What one says, everybody in the room hears. It knows nothing of revocations: a socket that is shut says and hears
/// nothing more.
/// </summary>
internal sealed class Room
{
    private readonly ConcurrentDictionary<Channel<string>, bool> _members = new();

    public async Task JoinAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        // Who reads too slowly misses the oldest words.
        var words = Channel.CreateBounded<string>(
            new BoundedChannelOptions(100) { FullMode = BoundedChannelFullMode.DropOldest });
        _members.TryAdd(words, true);
        try
        {
            await Task.WhenAll(SpeakAsync(socket, context, words), HearAsync(socket, words.Reader, context.RequestAborted));
        }
        catch (Exception over) when (over is WebSocketException or OperationCanceledException)
        {
            // The client has gone, or its session has.
        }
    }

    private async Task SpeakAsync(WebSocket socket, HttpContext context, Channel<string> words)
    {
        var buffer = new byte[1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is
                { MessageType: WebSocketMessageType.Text, EndOfMessage: true, Count: var length })
            {
                var line = $"{context.User.Subject}: {Encoding.UTF8.GetString(buffer, 0, length)}";
                foreach (var member in _members.Keys)
                {
                    member.Writer.TryWrite(line);
                }
            }
        }
        finally
        {
            _members.TryRemove(words, out _);
            words.Writer.Complete();
        }
    }

    private static async Task HearAsync(WebSocket socket, ChannelReader<string> words, CancellationToken ended)
    {
        await foreach (var line in words.ReadAllAsync(ended))
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes(line), WebSocketMessageType.Text, endOfMessage: true, ended);
        }
    }
}
