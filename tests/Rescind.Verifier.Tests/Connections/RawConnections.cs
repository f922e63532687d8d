using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// Endpoints that take the raw connection of a request, by the server's own feature or by middleware of their own.
/// </summary>
public sealed class RawConnections
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _taken = [];
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task An_upgraded_connection_is_closed_with_its_session_and_others_go_on()
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        using var alice = await OpenAsync(api, "alice");
        using var bob = await OpenAsync(api, "bob");
        await alice.SayAsync("one");
        await alice.HearAsync("one");

        api.Log.End(Match.Subject("alice"));

        await alice.HearToTheEndAsync();
        await Eventually.Async(() => api.Live == 1);
        await bob.SayAsync("two");
        await bob.HearAsync("two");
    }

    [Fact]
    public async Task Nothing_is_taken_from_an_upgraded_connection_or_sent_on_it_once_the_verifier_knows()
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        using var alice = await OpenAsync(api, "alice");
        await alice.SayAsync("one");
        await alice.HearAsync("one");
        var stream = await _opened.Task.WaitAsync(Limit);

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await alice.TrySayAsync("two");
        await TryWriteAsync(stream, "late");

        (await alice.HearToTheEndAsync()).ShouldEndWith("one");
        await Eventually.Async(() => api.Live == 0);
        _taken.ShouldBe(["one"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_socket_that_an_endpoint_accepts_by_middleware_of_its_own_is_watched_as_a_raw_connection(bool overHttp2)
    {
        await using var api = await LiveApi.StartAsync(
            before: AddRoutes,
            services: services => services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(
                endpoint => endpoint.Protocols = overHttp2 ? HttpProtocols.Http2 : HttpProtocols.Http1)));
        using var alice = new ClientWebSocket();
        alice.Options.SetRequestHeader("Authorization", "Bearer " + api.Mint("alice"));
        (alice.Options.HttpVersion, alice.Options.HttpVersionPolicy) =
            (overHttp2 ? HttpVersion.Version20 : HttpVersion.Version11, HttpVersionPolicy.RequestVersionExact);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var url = new UriBuilder(api.Api.Http.BaseAddress!) { Scheme = "ws", Path = "/own-sockets" }.Uri;
        await alice.ConnectAsync(url, http, default);
        await alice.ShouldEchoAsync("one");

        await api.EndACrowdAsync();
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        await alice.SayAsync("two");

        await Should.ThrowAsync<WebSocketException>(() => alice.HearAsync());
        await Eventually.Async(() => api.Live == 0);
        _taken.ShouldBe(["one"]);
    }

    [Fact]
    public async Task A_request_whose_session_has_ended_is_not_upgraded()
    {
        var go = new TaskCompletionSource();
        await using var api = await LiveApi.StartAsync(before: app => app.Map("/late", (RequestDelegate)(async context =>
        {
            context.Response.Headers["X-Secret"] = "secret";
            await go.Task;
            await UpgradeAsync(context);
        })).RequireAuthorization().CloseOnRevocation());
        using var alice = await RawClient.SendAsync(
            api, "GET /late", api.Mint("alice"), "Connection: Upgrade", "Upgrade: raw");
        await Eventually.Async(() => api.Live == 1);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        go.SetResult();

        (await alice.HearAsync("\r\n\r\n")).ShouldStartWith("HTTP/1.1 401");
        (await alice.HearAsync("\r\n\r\n")).ShouldNotContain("secret");
    }

    private static Task<RawClient> OpenAsync(LiveApi api, string subject) =>
        RawClient.SendAsync(api, "GET /raw", api.Mint(subject), "Connection: Upgrade", "Upgrade: raw");

    private static async Task TryWriteAsync(Stream stream, string text)
    {
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception over) when (over is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Its request has ended.
        }
    }

    private static Task<Stream> UpgradeAsync(HttpContext context) =>
        context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();

    private void AddRoutes(WebApplication app)
    {
        var own = ((IApplicationBuilder)app).New();
        own.Use(static (context, next) =>
        {
            // As in an app that has that middleware nowhere else.
            context.Features.Set<IHttpWebSocketFeature>(null);
            return next(context);
        });
        own.UseWebSockets();
        own.Run(EchoOnSocketAsync);
        app.Map("/raw", (RequestDelegate)EchoAsync).RequireAuthorization().CloseOnRevocation();
        app.Map("/own-sockets", own.Build()).RequireAuthorization().CloseOnRevocation();
    }

    private async Task EchoAsync(HttpContext context)
    {
        await using var stream = await UpgradeAsync(context);
        _opened.TrySetResult(stream);
        var buffer = new byte[256];
        while (await stream.ReadAsync(buffer) is > 0 and var length)
        {
            _taken.Enqueue(Encoding.UTF8.GetString(buffer, 0, length));
            await stream.WriteAsync(buffer.AsMemory(0, length));
        }
    }

    private async Task EchoOnSocketAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[256];
        while (await socket.ReceiveAsync(buffer.AsMemory(), default) is { MessageType: not WebSocketMessageType.Close } got)
        {
            _taken.Enqueue(Encoding.UTF8.GetString(buffer, 0, got.Count));
            await socket.SendAsync(buffer.AsMemory(0, got.Count), got.MessageType, got.EndOfMessage, default);
        }
    }
}
