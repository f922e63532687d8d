using System.Net;
using Microsoft.Extensions.Logging;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>
/// New tokens are stored before they are used (T-38), and processes that share a store stay on the same tokens.
/// </summary>
public sealed class Storing
{
    [Fact]
    public async Task A_new_token_is_not_used_before_it_is_stored()
    {
        await using var world = await World.StartAsync();
        var (saving, saved) = (new TaskCompletionSource(), new TaskCompletionSource());
        world.Store.BeforeSave = () =>
        {
            saving.SetResult();
            return saved.Task;
        };
        world.ExpireToken();
        var first = world.GetAsync();
        await saving.Task;

        var second = world.Session.GetAccessTokenAsync().AsTask();
        var (isEarly, calls) = (second.IsCompleted, world.Server.Calls.Count);
        saved.SetResult();

        (isEarly, calls).ShouldBe((false, 0));
        (await second).ShouldBe("at.2");
        (await first).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_store_that_fails_keeps_the_session_and_lets_nothing_new_be_used()
    {
        await using var world = await World.StartAsync();
        world.Store.BeforeSave = DurableTokens.Fail;
        world.ExpireToken();

        var failure = await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());
        (failure.Code, failure.InnerException).ShouldBe(("RSC5106", failure.InnerException.ShouldBeOfType<IOException>()));
        world.Server.Calls.ShouldBeEmpty();

        world.Store.BeforeSave = null;
        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.ShouldBe(["rt_1", "rt_1"]);
    }

    [Fact]
    public async Task An_earlier_run_is_gone_on_with()
    {
        await using var world = await World.StartAsync();
        await world.Session.DisposeAsync();

        var next = world.Open();

        next.State.ShouldBe(SessionState.None);
        (await next.LoadAsync()).ShouldBe(SessionState.Active);
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_cannot_be_read_fails_the_call_and_is_read_again_by_the_next()
    {
        await using var world = await World.StartAsync();
        world.Open();
        world.Store.BeforeLoad = DurableTokens.Fail;
        (await Should.ThrowAsync<RefreshFailedException>(world.GetAsync())).Code.ShouldBe("RSC5106");

        world.Store.BeforeLoad = null;

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Two_processes_on_one_store_refresh_in_turns_without_reuse()
    {
        await using var world = await World.StartAsync();
        var http = new[] { world.Http, null! };
        world.Open();
        http[1] = world.Http;

        foreach (var turn in new[] { 0, 1, 0, 0, 0, 1, 1, 1, 0 })
        {
            world.ExpireToken();
            (await http[turn].GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        (world.Server.IsEnded, world.Server.Generation).ShouldBe((false, 10));
    }

    [Fact]
    public async Task Tokens_that_another_process_has_just_stored_are_used_without_a_request()
    {
        await using var world = await World.StartAsync();
        var first = world.Http;
        await first.GetAsync("/orders");
        world.Open();
        world.ExpireToken();
        await world.GetAsync();

        (await first.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Refreshes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_store_that_gives_older_tokens_back_is_not_believed()
    {
        await using var world = await World.StartAsync();
        var old = world.Store.Tokens;
        for (var refresh = 0; refresh < 3; refresh++)
        {
            world.ExpireToken();
            (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
            world.Store.Tokens = old;
        }

        (world.Server.IsEnded, world.Server.Generation).ShouldBe((false, 4));
    }

    [Fact]
    public async Task What_cannot_be_a_token_is_not_stored()
    {
        await using var world = await World.StartAsync(start: false);

        await Should.ThrowAsync<ArgumentException>(world.Session.StartAsync(new() { RefreshToken = "" }));
        await Should.ThrowAsync<ArgumentException>(
            world.Session.StartAsync(new() { RefreshToken = "r", AccessToken = "a\r\nX: y" }));

        world.Store.Saved.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, "at.1")]
    [InlineData("", "at.1")]
    [InlineData("rt_1\r\nX: y", "at.1")]
    [InlineData("rt_\u00e9", null)]
    public async Task What_is_stored_and_cannot_be_a_session_is_as_if_nothing_was_stored(
        string? refreshToken, string? accessToken)
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = Stored(world, refreshToken, accessToken);
        world.Open();

        (await Should.ThrowAsync<SessionException>(world.GetAsync())).Code.ShouldBe("RSC5101");
        (await Should.ThrowAsync<SessionException>(world.Session.GetAccessTokenAsync().AsTask())).Code.ShouldBe("RSC5101");

        var line = world.Log.GetSnapshot().Single(entry => entry.Level is LogLevel.Warning);
        line.Message.ShouldContain("docs/errors/RSC5106.md");
        (refreshToken is "" or null || !line.Message.Contains(refreshToken, StringComparison.Ordinal)).ShouldBeTrue();
        (await world.Session.LogoutAsync()).ShouldBeTrue();
        world.Store.Tokens.ShouldBeNull();
        (world.Server.Refreshes, world.Server.Revocations, world.Server.Calls).ShouldSatisfyAllConditions(
            all => all.Refreshes.ShouldBeEmpty(), all => all.Revocations.ShouldBeEmpty(), all => all.Calls.ShouldBeEmpty());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("at.1\r\nX: y")]
    public async Task A_stored_access_token_that_is_absent_or_cannot_be_one_is_refreshed(string? accessToken)
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = Stored(world, "rt_1", accessToken);
        world.Open();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Refreshes.ShouldBe(["rt_1"]);
    }

    [Fact]
    public async Task A_stored_moment_that_is_absent_lets_the_first_call_refresh()
    {
        await using var world = await World.StartAsync();
        world.Store.Tokens = new() { RefreshToken = "rt_1", AccessToken = "at.1" };
        world.Open();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Refreshes.ShouldBe(["rt_1"]);
    }

    [Fact]
    public async Task Damage_in_the_store_takes_nothing_from_a_session_that_is_under_way()
    {
        await using var world = await World.StartAsync();
        world.ExpireToken();
        world.Store.Tokens = Stored(world, null, "x\ny");

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Server.Refreshes, world.Store.Tokens!.RefreshToken).ShouldSatisfyAllConditions(
            both => both.Refreshes.ShouldBe(["rt_1"]), both => both.RefreshToken.ShouldBe("rt_2"));
    }

    private static SessionTokens Stored(World world, string? refreshToken, string? accessToken) =>
        new() { RefreshToken = refreshToken!, AccessToken = accessToken, ExpiresAt = world.Time.GetUtcNow().AddHours(1) };
}
