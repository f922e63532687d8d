using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Connections;

/// <summary>
/// Requests for a socket whose token is to come as the first message, and an app that answers them with something else.
/// </summary>
public sealed class Strangers
{
    private static readonly string[] AsSocket =
        ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="];

    [Theory]
    [InlineData("a body")]
    [InlineData("StartAsync")]
    [InlineData("CompleteAsync")]
    [InlineData("the raw connection")]
    [InlineData("nothing")]
    [InlineData("a callback")]
    public async Task Nothing_but_an_accepted_socket_goes_out_to_a_stranger(string way)
    {
        await using var api = await LiveApi.StartAsync(before: app =>
        {
            app.UseWebSockets();
            app.Map("/plain", context => SpeakAsync(context, way)).TakeTokenFromFirstMessage();
        });
        using var stranger = await RawClient.SendAsync(api, "GET /plain", token: null, [.. AsSocket, "Connection: close"]);

        var heard = await stranger.HearToTheEndAsync();

        heard.ShouldStartWith("HTTP/1.1 401");
        heard.ShouldNotContain("secret");
    }

    [Fact]
    public async Task Whoever_brings_a_token_in_the_header_hears_the_app_s_answer_and_is_watched()
    {
        await using var api = await LiveApi.StartAsync(before: static app =>
        {
            app.UseWebSockets();
            app.Map("/plain", static context => SpeakAsync(context, "a body")).TakeTokenFromFirstMessage();
        });

        using var answer = await api.Api.GetAsync(api.Mint("alice"), "/plain");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("secret");
    }

    private static async Task SpeakAsync(HttpContext context, string way)
    {
        context.Response.Headers["X-Word"] = "secret";
        switch (way)
        {
            case "a body":
                await context.Response.WriteAsync("secret");
                break;
            case "StartAsync":
                await context.Response.StartAsync();
                break;
            case "CompleteAsync":
                await context.Response.CompleteAsync();
                break;
            case "a callback":
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers["X-Other"] = "secret";
                    return Task.CompletedTask;
                });
                break;
            case "the raw connection" when context.Features.Get<IHttpUpgradeFeature>() is { } upgrade:
                await (await upgrade.UpgradeAsync()).WriteAsync("secret"u8.ToArray());
                break;
        }
    }
}
