using System.Net;
using Microsoft.AspNetCore.Http;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>
/// A refresh whose answer comes late undoes neither a logout nor a login, of this process or of another one on the same store.
/// </summary>
public sealed class LateRefreshes
{
    [Fact]
    public async Task From_the_moment_that_a_logout_begins_nothing_is_stored_for_its_session()
    {
        await using var world = await World.StartAsync();
        var late = await LateRefresh.BeginAsync(world);
        var (saving, saved) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Store.BeforeSave = () =>
        {
            saving.TrySetResult();
            return saved.Task;
        };

        // A login has the store, and fails. Behind it waits the refresh, and behind that the logout.
        var login = world.Session.StartAsync(world.Server.LogIn(world.Time.GetUtcNow()));
        await saving.Task;
        late.Answer.SetResult(false);
        await Eventually.Async(() => world.Log.GetSnapshot().Any(line => line.Id.Id == 5010));
        await Task.Delay(1000);
        var logout = world.Session.LogoutAsync();
        world.Store.BeforeSave = null;
        saved.SetException(new IOException("the disk is full"));

        await Should.ThrowAsync<RefreshFailedException>(login);
        (await logout).ShouldBeTrue();
        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        world.Store.Saved.Select(tokens => tokens.RefreshToken).ShouldBe(["rt_1"]);
        world.Store.Tokens.ShouldBeNull();
    }

    [Fact]
    public async Task From_the_moment_that_a_logout_begins_no_call_is_sent()
    {
        await using var world = await World.StartAsync();
        var (clearing, cleared) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Store.BeforeClear = () =>
        {
            clearing.SetResult();
            return cleared.Task;
        };
        var logout = world.Session.LogoutAsync();
        await clearing.Task;

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");

        cleared.SetResult();
        await logout;
        world.Server.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_is_being_read_when_a_logout_begins_is_not_begun_and_is_revoked()
    {
        await using var world = await World.StartAsync();
        var next = world.Open();
        var (loading, loaded) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Store.BeforeLoad = () =>
        {
            loading.TrySetResult();
            return loaded.Task;
        };
        var call = world.GetAsync();
        await loading.Task;

        var logout = next.LogoutAsync();
        loaded.SetResult();

        (await Should.ThrowAsync<SessionException>(call)).Code.ShouldBe("RSC5101");
        (await logout).ShouldBeTrue();
        (world.Server.Revocations.ShouldHaveSingleItem(), world.Store.Tokens, next.State)
            .ShouldBe(("rt_1", null, SessionState.None));
    }

    [Fact]
    public async Task A_logout_whose_caller_gives_up_forgets_all_the_same()
    {
        await using var world = await World.StartAsync();
        var cleared = new TaskCompletionSource();
        world.Store.BeforeClear = () => cleared.Task;
        using var impatience = new CancellationTokenSource();
        var logout = world.Session.LogoutAsync(impatience.Token);

        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(logout.WaitAsync(TimeSpan.FromSeconds(30)));
        cleared.SetResult();

        world.Session.State.ShouldBe(SessionState.None);
        await Eventually.Async(() => world.Store.Tokens is null);
    }

    [Fact]
    public async Task A_login_is_not_undone_by_a_refresh_of_the_session_before()
    {
        await using var world = await World.StartAsync();
        var late = await LateRefresh.BeginAsync(world);
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());
        world.Store.BeforeSave = async () =>
        {
            // While the login has the store, the answer comes and waits behind it.
            world.Store.BeforeSave = null;
            late.Answer.SetResult(false);
            await Eventually.Async(() => world.Log.GetSnapshot().Any(line => line.Id.Id == 5010));
        };

        await world.Session.StartAsync(tokens);

        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Store.Tokens!.RefreshToken.ShouldBe(tokens.RefreshToken);
        world.Server.Calls.ShouldBe([$"Bearer {tokens.AccessToken}"]);
    }

    [Fact]
    public async Task A_logout_in_another_process_is_not_undone_by_a_refresh_that_was_under_way()
    {
        await using var world = await World.StartAsync();
        var late = await LateRefresh.BeginAsync(world);
        await using var other = Other(world);

        await other.LogoutAsync();
        late.Answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        (world.Store.Tokens, world.Store.Saved.Count, world.Session.State).ShouldBe((null, 1, SessionState.None));
    }

    [Fact]
    public async Task A_login_in_another_process_is_not_undone_by_a_refresh_that_was_under_way()
    {
        await using var world = await World.StartAsync();
        var late = await LateRefresh.BeginAsync(world);
        await using var other = Other(world);
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());

        await other.StartAsync(tokens);
        late.Answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Store.Tokens!.RefreshToken.ShouldBe(tokens.RefreshToken);
        world.Server.Calls.ShouldBe([$"Bearer {tokens.AccessToken}"]);
    }

    [Fact]
    public async Task A_login_without_an_access_token_that_replaces_what_was_refreshed_is_refreshed_itself()
    {
        await using var world = await World.StartAsync();
        var late = await LateRefresh.BeginAsync(world);
        await using var other = Other(world);
        var tokens = world.Server.LogIn(world.Time.GetUtcNow()) with { AccessToken = null, ExpiresAt = default };

        await other.StartAsync(tokens);
        late.Answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        ScriptedServer.GenerationOf(world.Store.Tokens!.RefreshToken)
            .ShouldBe(ScriptedServer.GenerationOf(tokens.RefreshToken) + 1);
    }

    [Fact]
    public async Task A_login_in_another_process_is_not_undone_by_the_end_of_the_session_before()
    {
        await using var world = await World.StartAsync();
        world.Session.Ended += (_, _) => Assert.Fail("Another login goes on.");
        var late = await LateRefresh.BeginAsync(world, isBefore: true);
        await using var other = Other(world);
        var tokens = world.Server.LogIn(world.Time.GetUtcNow());

        await other.StartAsync(tokens);
        late.Answer.SetResult(false);

        (await Should.ThrowAsync<SessionException>(late.Call)).Code.ShouldBe("RSC5101");
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (world.Store.Tokens!.RefreshToken, world.Session.State).ShouldBe((tokens.RefreshToken, SessionState.Active));
    }

    private static RescindSession Other(World world) => new(world.Options());

    /// <summary>A call that waits for a refresh, whose answer comes when the test says so.</summary>
    private sealed record LateRefresh(Task<HttpResponseMessage> Call, TaskCompletionSource<bool> Answer)
    {
        public static async Task<LateRefresh> BeginAsync(World world, bool isBefore = false)
        {
            var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
            Func<HttpContext, Task<bool>> hold = ScriptedServer.Times(1, _ =>
            {
                asked.SetResult();
                return answer.Task;
            });
            (world.Server.BeforeRefresh, world.Server.AfterRefresh) = (isBefore ? hold : null, isBefore ? null : hold);
            world.ExpireToken();
            var call = world.GetAsync();
            await asked.Task;
            return new(call, answer);
        }
    }
}
