using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// Requests that wait between authorization and their endpoint, in middleware of the app that reads a form or takes its
/// time.
/// </summary>
public sealed class LateRefusals
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<string> _acted = [];
    private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Theory]
    [InlineData("end")]
    [InlineData("renew")]
    public async Task A_request_whose_form_was_read_before_its_endpoint_is_judged_once_more_and_refused_as_any_other(
        string effect)
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/transfer?waits")
        {
            Headers = { Authorization = new("Bearer", api.Mint("alice")) },
            Content = new FormUrlEncodedContent([new("to", "mallory")]),
        };
        var answering = api.Api.Http.SendAsync(request);
        await _waiting.Task.WaitAsync(Limit);

        await api.AppliedAsync(effect == "end" ? api.Log.End(Match.Subject("alice")) : api.Log.Renew(Match.Subject("alice")));
        _go.SetResult();

        using var answer = await answering;
        answer.ShouldBeDead();
        _acted.ShouldBeEmpty();
        await Eventually.Async(() => api.Live == 0);
    }

    [Theory]
    [InlineData("/chat/negotiate?waits&negotiateVersion=1")]
    [InlineData("/events?waits")]
    [InlineData("/brief?waits")]
    public async Task Whatever_its_route_is_it_is_refused(string path)
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        var answering = api.Api.PostAsync(api.Mint("alice"), path);
        if (path.StartsWith("/events", StringComparison.Ordinal))
        {
            answering = api.Api.GetAsync(api.Mint("alice"), path);
        }

        await _waiting.Task.WaitAsync(Limit);
        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        using var answer = await answering;
        answer.ShouldBeDead();
    }

    [Fact]
    public async Task A_socket_that_waits_is_refused()
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        var opening = api.OpenAtAsync("ticker?waits", ("Authorization", "Bearer " + api.Mint("alice")));
        await _waiting.Task.WaitAsync(Limit);

        await api.AppliedAsync(api.Log.End(Match.Subject("alice")));
        _go.SetResult();

        (await Should.ThrowAsync<WebSocketException>(() => opening)).Message.ShouldContain("401");
        api.Sockets.Has("alice").ShouldBeFalse();
    }

    [Fact]
    public async Task A_socket_that_the_app_accepts_after_its_token_was_taken_back_is_refused_with_nothing_of_the_app()
    {
        LiveApi? api = null;
        await using var started = api = await LiveApi.StartAsync(before: app =>
        {
            app.UseWebSockets();
            app.Map("/slow", (RequestDelegate)(async context =>
            {
                // Here the token was found valid, and the socket is not watched yet.
                await api!.AppliedAsync(api.Log.End(Match.Session("session-of-alice")));
                context.Response.Headers["X-Secret"] = "secret";
                await context.WebSockets.AcceptWebSocketAsync();
            })).RequireAuthorization().CloseOnRevocation();
        });
        using var alice = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        alice.Options.SetRequestHeader("Authorization", "Bearer " + api.Mint("alice"));

        await Should.ThrowAsync<WebSocketException>(
            () => alice.ConnectAsync(new UriBuilder(api.Api.Http.BaseAddress!) { Scheme = "ws", Path = "/slow" }.Uri, default));

        alice.HttpStatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        alice.HttpResponseHeaders!.ContainsKey("X-Secret").ShouldBeFalse();
    }

    [Fact]
    public async Task A_request_that_waits_and_whose_token_holds_is_taken()
    {
        await using var api = await LiveApi.StartAsync(before: AddRoutes);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/transfer?waits")
        {
            Headers = { Authorization = new("Bearer", api.Mint("alice")) },
            Content = new FormUrlEncodedContent([new("to", "bob")]),
        };
        var answering = api.Api.Http.SendAsync(request);
        await _waiting.Task.WaitAsync(Limit);

        await api.AppliedAsync(api.Log.End(Match.Subject("mallory")));
        _go.SetResult();

        using var answer = await answering;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        _acted.ShouldBe(["bob"]);
    }

    private void AddRoutes(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            if (context.Request.Query.ContainsKey("waits"))
            {
                _ = context.Request.HasFormContentType ? await context.Request.ReadFormAsync() : null;
                _waiting.TrySetResult();
                await _go.Task;
            }

            await next(context);
        });
        app.MapPost("/transfer", async (HttpContext context) =>
            _acted.Enqueue((await context.Request.ReadFormAsync())["to"].ToString()))
            .RequireAuthorization().CloseOnRevocation();
    }
}
