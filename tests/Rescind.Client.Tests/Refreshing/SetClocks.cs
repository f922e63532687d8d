using System.Globalization;
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

    [Theory]
    [InlineData(1)]
    [InlineData(24)]
    public async Task A_stored_token_whose_life_has_not_begun_by_the_clock_is_refreshed_before_it_is_used(int hours)
    {
        await using var world = await World.StartAsync();
        world.Time.Set(TimeSpan.FromHours(hours));
        await world.Session.GetAccessTokenAsync();
        world.Time.Set(-TimeSpan.FromHours(hours));
        world.Open();
        world.ExpireToken();

        (await world.Session.GetAccessTokenAsync()).ShouldBe("at.3");
    }

    [Fact]
    public async Task A_stored_token_whose_life_has_not_begun_by_the_clock_is_not_used_without_a_network_either()
    {
        await using var world = await World.StartAsync();
        world.Time.Set(-TimeSpan.FromHours(1));
        var next = world.Open(options => options.RefreshLimit = TimeSpan.Zero);
        world.Server.BeforeRefresh = ScriptedServer.Say(503);

        (await Should.ThrowAsync<RefreshFailedException>(next.GetAccessTokenAsync().AsTask())).Code.ShouldBe("RSC5103");
    }

    [Fact]
    public async Task A_stored_token_of_an_unknown_lifetime_is_refreshed_before_it_is_used()
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = world.Store.Tokens! with { ExpiresIn = null };

        (await world.Open().GetAccessTokenAsync()).ShouldBe("at.2");
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", 300)]
    [InlineData("9999-12-31T23:59:59Z", 300)]
    [InlineData("9999-12-31T23:59:59Z", -300)]
    [InlineData("0001-01-01T00:00:00Z", -300)]
    public async Task A_stored_moment_that_makes_no_sense_costs_one_refresh(string expiresAt, int expiresIn)
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = world.Store.Tokens! with
        {
            ExpiresAt = DateTimeOffset.Parse(expiresAt, CultureInfo.InvariantCulture),
            ExpiresIn = TimeSpan.FromSeconds(expiresIn),
        };

        (await world.Open().GetAccessTokenAsync()).ShouldBe("at.2");
    }

    [Fact]
    public async Task A_stored_token_lives_on_over_a_restart_for_what_is_left_of_its_life()
    {
        await using var world = await World.StartAsync();
        world.Time.Advance(TimeSpan.FromMinutes(2));
        var next = world.Open();
        (await next.GetAccessTokenAsync()).ShouldBe("at.1");
        world.Time.Set(-TimeSpan.FromHours(1));
        world.Time.Advance(TimeSpan.FromMinutes(3));

        (await next.GetAccessTokenAsync()).ShouldBe("at.2");
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
