using System.Net;
using System.Net.Http.Headers;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>
/// Who says that a server has refused the token which they were given gets another one, once for all who have it.
/// </summary>
public sealed class RefusedGivenTokens
{
    [Fact]
    public async Task Another_token_is_given_than_the_one_that_was_refused()
    {
        await using var world = await World.StartAsync();
        var refused = await world.Session.GetAccessTokenAsync();

        (await world.Session.GetAccessTokenAsync(except: refused)).ShouldBe("at.2");
        (await world.Session.GetAccessTokenAsync()).ShouldBe("at.2");

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Calls.ShouldBe(["Bearer at.2"]);
    }

    [Fact]
    public async Task All_who_have_it_share_one_refresh_also_those_who_say_so_late()
    {
        await using var world = await World.StartAsync();
        var refused = await world.Session.GetAccessTokenAsync();

        var others = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => world.Session.GetAccessTokenAsync(except: refused).AsTask()));
        var late = await world.Session.GetAccessTokenAsync(except: refused);

        others.Append(late).Distinct().ShouldBe(["at.2"]);
        world.Server.Refreshes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_the_other_one_is_refused_at_once_too_it_is_kept_and_tried_again_after_a_growing_pause()
    {
        await using var world = await World.StartAsync();
        var token = await world.Session.GetAccessTokenAsync();
        for (var i = 0; i < 100; i++)
        {
            token = await world.Session.GetAccessTokenAsync(except: token);
        }

        (token, world.Server.Refreshes.Count).ShouldBe(("at.2", 1));
        world.Log.GetSnapshot().Count(line => line.Id.Id == 5012).ShouldBe(1);

        // A minute, in which somebody asks ten times a second.
        for (var i = 0; i < 600; i++)
        {
            world.Time.Advance(TimeSpan.FromMilliseconds(100));
            token = await world.Session.GetAccessTokenAsync(except: token);
        }

        world.Server.Refreshes.Count.ShouldBeInRange(3, 12);
    }

    [Fact]
    public async Task One_that_was_good_for_a_while_is_replaced_again()
    {
        await using var world = await World.StartAsync();
        var second = await world.Session.GetAccessTokenAsync(except: await world.Session.GetAccessTokenAsync());
        world.Time.Advance(TimeSpan.FromSeconds(30));

        (await world.Session.GetAccessTokenAsync(except: second)).ShouldBe("at.3");
    }

    [Theory]
    [InlineData("of somebody else")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_token_that_is_not_in_use_changes_nothing(string? other)
    {
        await using var world = await World.StartAsync();

        (await world.Session.GetAccessTokenAsync(except: other)).ShouldBe("at.1");

        world.Server.Refreshes.ShouldBeEmpty();
    }

    [Fact]
    public async Task While_no_other_can_be_had_that_is_said_and_the_refused_one_is_not_given()
    {
        await using var world = await World.StartAsync();
        var refused = await world.Session.GetAccessTokenAsync();
        world.Server.BeforeRefresh = ScriptedServer.Say(503);

        var failing = world.Session.GetAccessTokenAsync(except: refused).AsTask();

        (await Should.ThrowAsync<RefreshFailedException>(world.RunAsync(failing))).Code.ShouldBe("RSC5103");
        await Should.ThrowAsync<RefreshFailedException>(world.RunAsync(world.Session.GetAccessTokenAsync().AsTask()));
    }

    [Fact]
    public async Task Requests_of_a_hub_connection_that_go_through_the_handler_tell_the_session_of_a_refusal()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = 1;

        (await AsHubAsync(world)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await AsHubAsync(world)).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Fact]
    public async Task A_server_that_refuses_every_token_of_a_hub_connection_causes_no_storm_of_refreshes()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = int.MaxValue;
        for (var i = 0; i < 50; i++)
        {
            await AsHubAsync(world);
        }

        world.Server.Refreshes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_refusal_of_anybody_else_s_token_or_for_another_reason_changes_nothing()
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Say(401);
        await AsHubAsync(world);
        world.Server.BeforeApi = null;
        world.Server.RefusedUpTo = 1;
        using var request =
            new HttpRequestMessage(HttpMethod.Get, "/hub") { Headers = { Authorization = new("Bearer", "at.0") } };
        await world.Http.SendAsync(request);

        (await world.Session.GetAccessTokenAsync()).ShouldBe("at.1");
    }

    /// <summary>As SignalR's client does: the token of its provider, in a header of its own.</summary>
    private static async Task<HttpResponseMessage> AsHubAsync(World world)
    {
        var token = await world.Session.GetAccessTokenAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/hub/negotiate");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await world.Http.SendAsync(request);
    }
}
