using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Net.WebSockets;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;

namespace Rescind.Benchmarks.Live;

/// <summary>Who listens, by subject. A hub keeps its own by itself.</summary>
internal sealed class Listeners(IHubContext<PlainHub> hub)
{
    private static readonly byte[] Word = "word"u8.ToArray();

    private readonly ConcurrentDictionary<string, ConcurrentBag<WebSocket>> _sockets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ConcurrentBag<Channel<string>>> _streams = new(StringComparer.Ordinal);

    public async Task ListenAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        if (IsPlain(context))
        {
            _sockets.GetOrAdd(context.User.Subject!, static _ => []).Add(socket);
        }

        var buffer = new byte[64];
        while ((await socket.ReceiveAsync(buffer, context.RequestAborted)).MessageType is not WebSocketMessageType.Close)
        {
        }
    }

    public IResult Events(HttpContext context) =>
        TypedResults.ServerSentEvents(
            WordsAsync(context, context.RequestAborted).Select(static word => new SseItem<string>(word, word)));

    /// <summary>The answer of a gRPC stream.</summary>
    public async Task AnswerAsync(IServerStreamWriter<Word> answer, ServerCallContext call)
    {
        await foreach (var word in WordsAsync(call.GetHttpContext(), call.CancellationToken))
        {
            await answer.WriteAsync(new() { Text = word }, call.CancellationToken);
        }
    }

    public async Task ShoutAsync(HttpContext context)
    {
        var (kind, subject) = ((string)context.GetRouteValue("kind")!, (string)context.GetRouteValue("subject")!);
        await (kind switch
        {
            "socket" => Task.WhenAll(_sockets[subject].Select(static socket =>
                socket.SendAsync(Word, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None))),
            "events" or "grpc" =>
                Task.WhenAll(_streams[subject].Select(static stream => stream.Writer.WriteAsync("word").AsTask())),
            _ => hub.Clients.Group(subject).SendAsync("Said", "word"),
        });
    }

    // A route below it, or the gRPC service of that name.
    private static bool IsPlain(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/plain", StringComparison.OrdinalIgnoreCase);

    // The first tells the client that it is listened for from here on.
    private async IAsyncEnumerable<string> WordsAsync(HttpContext context, [EnumeratorCancellation] CancellationToken stopped)
    {
        var channel = Channel.CreateUnbounded<string>();
        if (IsPlain(context))
        {
            _streams.GetOrAdd(context.User.Subject!, static _ => []).Add(channel);
        }

        yield return "begin";
        await foreach (var word in channel.Reader.ReadAllAsync(stopped))
        {
            yield return word;
        }
    }
}
