using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>A clock that is set, forward or back, ends no session, stops no refresh and starts no storm of them.</summary>
public sealed class SetClocks
{
    public static TheoryData<int> Hours => [-24, -1, 1, 24];

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task After_a_failed_refresh_the_next_one_comes_when_the_pause_has_passed_and_not_before(int hours)
    {
        await using var world = await World.StartAsync(options => options.RefreshLimit = TimeSpan.Zero);
        world.Server.BeforeRefresh = ScriptedServer.Times(1, ScriptedServer.Say(503));
        world.ExpireToken();
        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());

        world.Time.Set(TimeSpan.FromHours(hours));

        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());
        world.Server.Refreshes.Count.ShouldBe(1);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_clock_whose_timestamps_are_set_back_with_it_stops_no_refresh_either()
    {
        await using var world = await World.StartAsync(options => options.RefreshLimit = TimeSpan.Zero);
        world.Server.BeforeRefresh = ScriptedServer.Times(1, ScriptedServer.Say(503));
        world.ExpireToken();
        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());

        world.Time.AdjustTime(world.Time.GetUtcNow() - TimeSpan.FromHours(1));

        world.Server.RefusedUpTo = 1;
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_token_lives_no_longer_because_the_clock_was_set_back()
    {
        await using var world = await World.StartAsync();
        world.Time.Set(-TimeSpan.FromHours(1));
        world.ExpireToken();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.2"]);
    }

    [Fact]
    public async Task A_token_lives_no_longer_because_the_clock_was_set_back_while_it_was_under_way()
    {
        await using var world = await World.StartAsync();
        world.Server.AfterRefresh = ScriptedServer.Times(1, _ =>
        {
            world.Time.Set(-TimeSpan.FromHours(1));
            return Task.FromResult(false);
        });
        world.ExpireToken();
        await world.GetAsync();

        world.Store.Tokens!.ExpiresAt.ShouldBe(world.Time.GetUtcNow().AddSeconds(ScriptedServer.ExpiresIn));
        world.ExpireToken();
        await world.GetAsync();

        world.Server.Calls.ShouldBe(["Bearer at.2", "Bearer at.3"]);
    }

    [Fact]
    public async Task A_stored_token_that_seems_to_live_longer_is_replaced_when_an_API_refuses_it()
    {
        await using var world = await World.StartAsync();
        await world.Session.DisposeAsync();
        world.ExpireToken();
        world.Time.Set(-TimeSpan.FromHours(1));
        world.Open();
        world.Server.RefusedUpTo = 1;

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }

    [Fact]
    public async Task A_clock_that_is_put_forward_costs_one_refresh()
    {
        await using var world = await World.StartAsync();
        world.Time.Set(TimeSpan.FromHours(1));

        for (var round = 0; round < 3; round++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.GetAsync()));
            answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        }

        world.Server.Refreshes.ShouldBe(["rt_1"]);
    }

    [Fact]
    public async Task A_token_that_a_clock_put_forward_alone_calls_expired_is_used_while_no_other_can_be_had()
    {
        await using var world = await World.StartAsync(options => options.RefreshLimit = TimeSpan.Zero);
        world.Server.BeforeRefresh = ScriptedServer.Say(503);
        world.Time.Set(TimeSpan.FromHours(1));

        for (var call = 0; call < 20; call++)
        {
            (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        world.Server.Refreshes.Count.ShouldBe(1);
        world.ExpireToken();
        (await Should.ThrowAsync<RefreshFailedException>(world.GetAsync())).Code.ShouldBe("RSC5103");
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task The_pause_for_an_API_that_refuses_new_tokens_neither_ends_nor_grows(int hours)
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = int.MaxValue;
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        world.Server.Refreshes.Count.ShouldBe(1);

        world.Time.Set(TimeSpan.FromHours(hours));
        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        world.Server.Refreshes.Count.ShouldBe(1);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        world.Server.RefusedUpTo = 1;
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(2);
    }

    [Theory]
    [MemberData(nameof(Hours))]
    public async Task A_process_that_was_idle_takes_what_another_one_has_stored(int hours)
    {
        await using var world = await World.StartAsync();
        var idle = world.Http;
        await world.GetAsync();
        world.Open();
        await world.GetAsync();
        world.Time.Set(TimeSpan.FromHours(hours));
        for (var refresh = 0; refresh < 3; refresh++)
        {
            world.ExpireToken();
            (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await idle.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Server.IsEnded, world.Server.Generation).ShouldBe((false, 4));
    }
}
