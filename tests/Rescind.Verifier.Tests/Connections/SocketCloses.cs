using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>Closes of a WebSocket's client: while a token is exchanged, and with words of its own.</summary>
public sealed class SocketCloses
{
    private const string Closed = "Close 0 True";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("resc")]
    [InlineData("rescind:token ")]
    [InlineData("rescind:token abc")]
    public async Task A_client_that_closes_in_the_middle_of_a_token_is_seen_to_close(string begun)
    {
        var app = new Listener();
        await using var api = await app.StartAsync();
        using var socket = await OpenAsync(api);

        await socket.SendAsync(Encoding.UTF8.GetBytes(begun), WebSocketMessageType.Text, endOfMessage: false, default);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);

        (await app.Over.WaitAsync(Limit)).ShouldBe([Closed]);
        (await socket.HearAsync()).ShouldStartWith("1000");
    }

    [Theory]
    [InlineData("resc")]
    [InlineData("rescind:token abc")]
    public async Task A_revocation_in_the_middle_of_a_token_closes_as_ever(string begun)
    {
        var app = new Listener();
        await using var api = await app.StartAsync();
        using var socket = await OpenAsync(api);
        await socket.SendAsync(Encoding.UTF8.GetBytes(begun), WebSocketMessageType.Text, endOfMessage: false, default);

        api.Log.End(Match.Subject("alice"));

        (await socket.HearToTheEndAsync()).Close.ShouldBe("4401 session_revoked");
        (await app.Over.WaitAsync(Limit)).ShouldBe([Closed]);
        await Eventually.Async(() => api.Live == 0);
    }

    [Theory]
    [InlineData("resc")]
    [InlineData("rescind:token abc")]
    public async Task A_client_that_is_gone_in_the_middle_of_a_token_ends_the_wait_of_the_app(string begun)
    {
        var app = new Listener();
        await using var api = await app.StartAsync();
        using var socket = await OpenAsync(api);
        await socket.SendAsync(Encoding.UTF8.GetBytes(begun), WebSocketMessageType.Text, endOfMessage: false, default);

        socket.Abort();

        (await app.Over.WaitAsync(Limit)).ShouldNotContain(static line => line.StartsWith("Text", StringComparison.Ordinal));
        await Eventually.Async(() => api.Live == 0);
    }

    [Theory]
    [InlineData("nothing", "4000 words of the client")]
    [InlineData("renew", "4000 ")]
    [InlineData("end", "4401 session_revoked")]
    public async Task Why_a_client_closes_is_heard_by_the_app_only_while_its_token_holds(string act, string heard)
    {
        var app = new Listener();
        await using var api = await app.StartAsync(
            static verifier => verifier.Connections.RenewalMargin = TimeSpan.FromMinutes(5));
        using var socket = await OpenAsync(api);
        await api.EndACrowdAsync();
        await api.AppliedAsync(
            act switch
            {
                "renew" => api.Log.Renew(Match.Subject("alice")),
                "end" => api.Log.End(Match.Subject("alice")),
                _ => default,
            });

        await socket.CloseOutputAsync((WebSocketCloseStatus)4000, "words of the client", default);

        (await app.Over.WaitAsync(Limit)).ShouldBe([Closed]);
        app.Heard.ShouldBe(heard);
    }

    [Fact]
    public async Task An_app_that_has_closed_its_side_goes_on_to_hear_what_the_client_sends()
    {
        var app = new Listener(closesFirst: true);
        await using var api = await app.StartAsync();
        using var socket = await OpenAsync(api);
        (await socket.HearAsync()).ShouldStartWith("1000");

        await socket.SayAsync("rescind:token " + api.Mint("alice"));
        await socket.SayAsync("rescind:token no token at all");
        await socket.SayAsync("one more word");
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);

        (await app.Over.WaitAsync(Limit)).ShouldBe(["Text 13 True", Closed]);
    }

    private static Task<ClientWebSocket> OpenAsync(LiveApi api) =>
        api.OpenAtAsync("listen", ("Authorization", "Bearer " + api.Mint("alice")));

    /// <summary>An app that writes down what it receives, until the close.</summary>
    private sealed class Listener(bool closesFirst = false)
    {
        private readonly TaskCompletionSource<List<string>> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<List<string>> Over => _over.Task;

        /// <summary>How the client has closed.</summary>
        public string? Heard { get; private set; }

        public Task<LiveApi> StartAsync(Action<VerifierOptions>? options = null) => LiveApi.StartAsync(options, before: app =>
        {
            app.UseWebSockets();
            app.Map("/listen", (RequestDelegate)ListenAsync).RequireAuthorization().CloseOnRevocation();
        });

        private async Task ListenAsync(HttpContext context)
        {
            var received = new List<string>();
            try
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                if (closesFirst)
                {
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
                }

                await ReceiveAsync(socket, received);
                Heard = $"{(int?)socket.CloseStatus} {socket.CloseStatusDescription}";
                if (socket.State is WebSocketState.CloseReceived)
                {
                    await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
                }
            }
            catch (Exception failure)
            {
                received.Add(failure.GetType().Name);
            }

            _over.TrySetResult(received);
        }

        private static async Task ReceiveAsync(WebSocket socket, List<string> received)
        {
            var buffer = new byte[256];
            ValueWebSocketReceiveResult part;
            do
            {
                part = await socket.ReceiveAsync(buffer.AsMemory(), default);
                received.Add($"{part.MessageType} {part.Count} {part.EndOfMessage}");
            }
            while (part.MessageType is not WebSocketMessageType.Close);
        }
    }
}
