using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>Processes on one store go by what the others have stored, and not by how long it is said to live.</summary>
public sealed class SharedStores
{
    [Theory]
    [InlineData(-1)]
    [InlineData(-24)]
    [InlineData(24)]
    public async Task What_another_process_has_stored_is_taken_where_the_clock_was_set_before_this_one_started(int hours)
    {
        await using var world = await World.StartAsync();
        var other = world.Session;
        world.Time.Set(TimeSpan.FromHours(hours));
        await world.Open().LoadAsync();
        await RefreshAsync(world, other, 3);

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Server.IsEnded, world.Session.State).ShouldBe((false, SessionState.Active));
    }

    [Fact]
    public async Task What_another_process_has_stored_is_taken_where_lifetimes_were_shortened()
    {
        await using var world = await World.StartAsync(start: false);
        var now = world.Time.GetUtcNow();
        await world.Session.StartAsync(ScriptedServer.FirstTokens(now) with { ExpiresAt = now.AddDays(1) });
        var other = world.Http;
        await world.Open().LoadAsync();
        for (var refused = 1; refused <= 2; refused++)
        {
            world.Server.RefusedUpTo = refused;
            (await other.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Server.IsEnded, world.Server.Generation).ShouldBe((false, 3));
    }

    [Fact]
    public async Task What_another_process_has_stored_is_taken_where_its_own_clock_is_a_day_behind()
    {
        await using var world = await World.StartAsync();
        world.Session.State.ShouldBe(SessionState.Active);
        var behind = new SettableTime(world.Time.GetUtcNow() - TimeSpan.FromDays(1));
        await using var other = new RescindSession(With(world, behind));
        for (var refresh = 0; refresh < 3; refresh++)
        {
            behind.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn));
            await other.GetAccessTokenAsync();
        }

        world.ExpireToken();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.IsEnded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_token_that_another_process_has_stored_and_that_is_dead_too_is_replaced_by_a_new_one()
    {
        await using var world = await World.StartAsync();
        var http = world.Http;
        world.Open();
        world.Server.RefusedUpTo = 1;
        await world.GetAsync();
        world.Server.Calls.Clear();
        world.Server.RefusedUpTo = 2;

        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2", "Bearer at.3"]);
        world.Server.RefusedUpTo = int.MaxValue;
        (await http.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        world.Server.AccessTokens.ShouldBe(4);
    }

    [Fact]
    public async Task A_logout_in_another_process_is_a_logout_here_without_a_request()
    {
        await using var world = await World.StartAsync();
        world.Session.Ended += (_, _) => Assert.Fail("Nobody ended it.");
        await using var other = new RescindSession(world.Options());
        await other.LogoutAsync();
        world.ExpireToken();

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");

        (world.Session.State, world.Session.End, world.Store.Tokens).ShouldBe((SessionState.None, null, null));
        (world.Server.Refreshes.Count, world.Server.Calls.Count).ShouldBe((0, 0));
        world.Log.GetSnapshot().ShouldContain(line => line.Id.Id == 5014);
    }

    [Fact]
    public async Task A_call_whose_token_died_with_a_logout_in_another_process_is_refused()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        await other.LogoutAsync();
        world.Server.RefusedUpTo = 1;

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");

        world.Server.Refreshes.ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_logout_in_another_process_its_next_login_is_gone_on_with()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        await other.LogoutAsync();
        world.ExpireToken();
        await Should.ThrowAsync<SessionException>(world.GetAsync());
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());

        await other.StartAsync(tokens);
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe([$"Bearer {tokens.AccessToken}"]);
    }

    [Fact]
    public async Task A_process_that_found_nothing_goes_on_with_the_login_of_another_one()
    {
        await using var world = await World.StartAsync(start: false);
        await Should.ThrowAsync<SessionException>(world.GetAsync());
        await using var other = new RescindSession(world.Options());
        await other.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_a_logout_here_the_login_of_another_process_is_not_taken()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        await world.Session.LogoutAsync();
        await other.StartAsync(world.Server.LogIn(world.Time.GetUtcNow()));

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");
    }

    [Fact]
    public async Task A_call_is_not_repeated_in_the_name_of_a_login_that_another_process_has_stored()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        world.Server.BeforeApi = ScriptedServer.Times(1, async _ =>
        {
            await other.StartAsync(world.Server.LogIn(world.Time.GetUtcNow()));
            world.Server.RefusedUpTo = 1;
            return false;
        });

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        world.Server.Calls.ShouldBe(["Bearer at.1"]);
    }

    private static RescindSessionOptions With(World world, TimeProvider time)
    {
        var options = world.Options();
        options.TimeProvider = time;
        return options;
    }

    private static async Task RefreshAsync(World world, RescindSession session, int times)
    {
        for (var refresh = 0; refresh < times; refresh++)
        {
            world.ExpireToken();
            await session.GetAccessTokenAsync();
        }

        world.Server.RefusedUpTo = times;
    }
}
