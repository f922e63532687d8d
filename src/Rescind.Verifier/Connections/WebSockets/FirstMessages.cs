using System.Net.WebSockets;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rescind.Verifier.Connections.Streams;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>
/// Sockets that bring their token as the first message, because a browser can set no header. Until then they are
/// strangers: few of them, for a short time, with one message of a bounded size each (WS-5).
/// </summary>
internal sealed class FirstMessages(
    SchemeVerifiers verifiers, Renewals renewals, IAuthenticationSchemeProvider schemes, VerifierClock clock)
{
    /// <summary>How many may be waited for at once: 17 MB, were each to send all but the end of the longest message.</summary>
    public const int MaxStrangers = 512;

    /// <summary>How long one has for its first message, and then for the end of the close.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private int _strangers;

    /// <summary>Gives the app a socket or nothing: a stranger has no token, so no other answer of the app goes out.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next, IHttpWebSocketFeature sockets)
    {
        var silent = GatedFeatures.Silence(context);
        try
        {
            await WatchedWebSockets.RunAsync(
                context, next, sockets, static () => { }, transport => ShakeAsync(context, transport), verifiers)
                .ConfigureAwait(false);
        }
        finally
        {
            silent.Restore();
            GatedFeatures.Clear(context);
        }

        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        }
    }

    private async ValueTask<Handshake?> ShakeAsync(HttpContext context, WebSocketTransport transport)
    {
        var strangers = Interlocked.Increment(ref _strangers);
        var reading = strangers > MaxStrangers ? Task.FromResult<string?>(null) : ReadAsync(transport.Socket);
        try
        {
            var token = await reading.WaitAsync(Patience, clock.Time).ConfigureAwait(false);
            var (handshake, end) = strangers > MaxStrangers ? (null, ConnectionEnd.TryLater)
                : token is null ? (null, ConnectionEnd.NotValid)
                : await JudgeAsync(context, token).ConfigureAwait(false);
            await AnswerAsync(transport, handshake is null ? end : null).ConfigureAwait(false);
            return handshake;
        }
        catch (TimeoutException)
        {
            await AnswerAsync(transport, ConnectionEnd.NoCredentials).ConfigureAwait(false);
            // The close, or its failure, ends the reading too.
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return null;
        }
        catch (WebSocketException)
        {
            // The stranger has gone.
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    /// <summary>The token of the first message; null if that is anything else.</summary>
    private static async Task<string?> ReadAsync(WebSocket socket)
    {
        var text = new byte[LiveWebSocket.MaxControlBytes];
        for (var length = 0; length < text.Length;)
        {
            var part = await socket.ReceiveAsync(text.AsMemory(length), CancellationToken.None).ConfigureAwait(false);
            length += part.Count;
            if (part.MessageType is not WebSocketMessageType.Text)
            {
                return null;
            }

            if (part.EndOfMessage)
            {
                return text.AsSpan(0, length).StartsWith(ControlMessages.Token)
                    ? Encoding.UTF8.GetString(text.AsSpan(ControlMessages.Token.Length..length))
                    : null;
            }
        }

        return null;
    }

    private async Task<(Handshake? Handshake, ConnectionEnd End)> JudgeAsync(HttpContext context, string token)
    {
        var scheme = await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false);
        var origin = Origin.Of(context, scheme?.Name ?? "");
        return await renewals.JudgeAsync(origin, token).ConfigureAwait(false) switch
        {
            { IsUnknown: true } => (null, ConnectionEnd.TryLater),
            { Token: null } => (null, ConnectionEnd.NotValid),
            { Token.IsAllowed: false } => (null, ConnectionEnd.NotAllowed),
            { Token: var found } => (Keep(context, found, origin), ConnectionEnd.NotValid),
        };
    }

    // The default scheme may be one that picks another for each request: from now on that one counts.
    private Handshake Keep(HttpContext context, NewToken found, Origin origin) => Handshake.Put(
        context, found.Facts, found.User, origin with { Authentication = found.Scheme }, verifiers.Of(found.Scheme).Demands);

    // Says that the token counts, or why it is over. There is no app yet that would read the answer to a close.
    private async Task AnswerAsync(WebSocketTransport transport, ConnectionEnd? end)
    {
        using var limit = new CancellationTokenSource(Patience, clock.Time);
        try
        {
            await (end is null
                ? transport.SendAsync(ControlMessages.Renewed(0), limit.Token)
                : transport.Socket.CloseAsync((WebSocketCloseStatus)end.Code, end.Reason, limit.Token)).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException or WebSocketException)
        {
            transport.Abort();
        }
    }
}
