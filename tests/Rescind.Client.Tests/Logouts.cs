using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests;

/// <summary>A logout forgets here first, and tells the Authority then.</summary>
public sealed class Logouts
{
    [Fact]
    public async Task A_logout_revokes_the_session_and_forgets_the_tokens()
    {
        await using var world = await World.StartAsync();

        (await world.Session.LogoutAsync()).ShouldBeTrue();

        world.Server.Revocations.ShouldBe(["rt_1"]);
        (world.Session.State, world.Store.Tokens).ShouldBe((SessionState.None, null));
        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");
    }

    [Fact]
    public async Task A_logout_without_a_network_forgets_the_tokens_and_says_that_the_Authority_does_not_know()
    {
        await using var world = await World.StartAsync(options => options.RefreshLimit = TimeSpan.Zero);
        await world.Server.DisposeAsync();

        (await world.Session.LogoutAsync()).ShouldBeFalse();

        (world.Session.State, world.Store.Tokens).ShouldBe((SessionState.None, null));
        world.Log.GetSnapshot().ShouldContain(line => line.Id.Id == 5109);
    }

    [Fact]
    public async Task A_logout_ends_what_an_earlier_run_left()
    {
        await using var world = await World.StartAsync();

        (await world.Open().LogoutAsync()).ShouldBeTrue();

        world.Server.Revocations.ShouldBe(["rt_1"]);
        world.Store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task A_logout_leaves_the_login_that_another_process_has_stored()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());
        await other.StartAsync(tokens);

        (await world.Session.LogoutAsync()).ShouldBeTrue();
        (await world.Session.LogoutAsync()).ShouldBeTrue();

        world.Server.Revocations.ShouldBe(["rt_1"]);
        (world.Store.Tokens!.RefreshToken, world.Server.IsEnded).ShouldBe((tokens.RefreshToken, false));
        (await other.GetAccessTokenAsync()).ShouldBe(tokens.AccessToken);
    }

    [Fact]
    public async Task A_logout_leaves_a_login_that_has_come_after_it_found_nothing()
    {
        await using var world = await World.StartAsync(start: false);
        (await world.Session.LoadAsync()).ShouldBe(SessionState.None);
        await using var other = new RescindSession(world.Options());
        await other.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));

        (await world.Session.LogoutAsync()).ShouldBeTrue();

        (world.Store.Tokens!.RefreshToken, world.Server.Revocations.Count).ShouldBe(("rt_1", 0));
    }

    [Fact]
    public async Task A_logout_of_an_ended_session_leaves_the_login_that_another_process_has_stored()
    {
        await using var world = await World.StartAsync();
        world.Server.IsEnded = true;
        world.ExpireToken();
        await Should.ThrowAsync<SessionEndedException>(world.GetAsync());
        await using var other = new RescindSession(world.Options());
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());
        await other.StartAsync(tokens);

        (await world.Session.LogoutAsync()).ShouldBeTrue();

        (world.Store.Tokens!.RefreshToken, world.Server.IsEnded).ShouldBe((tokens.RefreshToken, false));
    }

    [Fact]
    public async Task A_logout_forgets_what_another_process_has_refreshed_of_its_session()
    {
        await using var world = await World.StartAsync();
        await using var other = new RescindSession(world.Options());
        world.ExpireToken();
        await other.GetAccessTokenAsync();

        (await world.Session.LogoutAsync()).ShouldBeTrue();

        world.Store.Tokens.ShouldBeNull();
        world.Server.Revocations.ShouldBe(["rt_1", "rt_2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_logout_on_a_store_that_keeps_no_ids_of_logins_forgets_whatever_lies_there()
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = world.Server.LogIn(world.Time.GetUtcNow());

        (await world.Session.LogoutAsync()).ShouldBeTrue();

        (world.Store.Tokens, world.Server.IsEnded).ShouldBe((null, true));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_logout_that_could_not_clear_the_store_can_be_asked_for_again(bool isLoaded)
    {
        await using var world = await World.StartAsync();
        var session = isLoaded ? world.Session : world.Open();
        world.Store.BeforeClear = DurableTokens.Fail;
        (await Should.ThrowAsync<RefreshFailedException>(session.LogoutAsync())).Code.ShouldBe("RSC5106");
        world.Store.BeforeClear = null;

        (await session.LogoutAsync()).ShouldBeTrue();

        world.Store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task A_refresh_that_is_under_way_brings_nothing_back_after_a_logout()
    {
        await using var world = await World.StartAsync();
        var answer = new TaskCompletionSource<bool>();
        world.Server.AfterRefresh = _ => answer.Task;
        world.ExpireToken();
        var call = world.GetAsync();
        await Eventually.Async(() => !world.Server.Refreshes.IsEmpty);

        await world.Session.LogoutAsync();
        answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(call)).Code.ShouldBe("RSC5101");
        world.Store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task A_store_that_cannot_forget_is_told_after_the_Authority_was()
    {
        await using var world = await World.StartAsync();
        world.Store.BeforeClear = DurableTokens.Fail;

        (await Should.ThrowAsync<RefreshFailedException>(world.Session.LogoutAsync())).Code.ShouldBe("RSC5106");

        world.Server.Revocations.ShouldBe(["rt_1"]);
        world.Session.State.ShouldBe(SessionState.None);
    }

    [Fact]
    public async Task A_logout_is_no_end_and_needs_no_session()
    {
        await using var world = await World.StartAsync(start: false);
        world.Session.Ended += (_, _) => Assert.Fail("Nobody ended it.");

        (await world.Session.LogoutAsync()).ShouldBeTrue();
        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));
        await world.Session.LogoutAsync();
        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
