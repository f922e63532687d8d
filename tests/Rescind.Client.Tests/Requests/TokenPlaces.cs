using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>The access token goes to the configured origins and to nobody else.</summary>
public sealed class TokenPlaces
{
    [Fact]
    public async Task Another_host_port_or_scheme_gets_no_token()
    {
        await using var world = await World.StartAsync();
        await using var stranger = await ScriptedServer.StartAsync();
        var otherName = world.Server.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);

        await world.Http.GetAsync(stranger.Url + "/orders");
        await world.Http.GetAsync(otherName + "/orders");

        stranger.Calls.ShouldBe([""]);
        world.Server.Calls.ShouldBe([""]);
    }

    [Theory]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_redirect_takes_no_token_along_and_its_refusal_starts_no_refresh(int status)
    {
        await using var world = await World.StartAsync();
        await using var stranger = await ScriptedServer.StartAsync();
        stranger.RefusedUpTo = int.MaxValue;
        world.Server.BeforeApi = ScriptedServer.Say(status, headers: ("Location", stranger.Url + "/elsewhere"));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        stranger.Calls.ShouldBe([""]);
        world.Server.Refreshes.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_refresh_token_follows_no_redirect()
    {
        await using var world = await World.StartAsync();
        await using var stranger = await ScriptedServer.StartAsync();
        world.Server.BeforeRefresh = ScriptedServer.Say(307, headers: ("Location", stranger.Url + "/token"));
        world.ExpireToken();

        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());

        stranger.Refreshes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_request_that_carries_its_own_authorization_is_left_alone()
    {
        await using var world = await World.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.Authorization = new("Basic", "eA==");

        (await world.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (world.Server.Calls.ShouldHaveSingleItem(), world.Server.Refreshes.Count).ShouldBe(("Basic eA==", 0));
    }

    [Fact]
    public async Task A_synchronous_call_is_refused_rather_than_sent_without_a_token()
    {
        await using var world = await World.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");

        Should.Throw<NotSupportedException>(() => world.Http.Send(request));

        world.Server.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_a_session_a_call_is_not_sent()
    {
        await using var world = await World.StartAsync(start: false);

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");

        world.Server.Calls.ShouldBeEmpty();
    }
}
