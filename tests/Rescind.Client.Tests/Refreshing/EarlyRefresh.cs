using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>The access token is refreshed before it expires, without holding a call up.</summary>
public sealed class EarlyRefresh
{
    [Theory]
    [InlineData(0.0, 224, false)]
    [InlineData(0.0, 226, true)]
    [InlineData(0.5, 239, false)]
    [InlineData(0.5, 241, true)]
    [InlineData(0.999, 254, false)]
    [InlineData(0.999, 256, true)]
    public async Task The_first_call_after_about_four_fifths_of_its_life_refreshes_a_token(double chance, int second, bool isDue)
    {
        await using var world = await World.StartAsync(start: false);
        world.Chance = () => chance;
        await world.Session.StartAsync(ScriptedServer.FirstTokens(world.Time.GetUtcNow()));
        world.Time.Advance(TimeSpan.FromSeconds(second));

        await world.GetAsync();

        // A refresh that was not begun by now never will be; one that was begun comes before the session is gone.
        await (isDue ? Eventually.Async(() => !world.Server.Refreshes.IsEmpty) : world.Session.DisposeAsync().AsTask());
        world.Server.Refreshes.Count.ShouldBe(isDue ? 1 : 0);
    }

    [Fact]
    public async Task Calls_go_on_with_the_old_token_while_an_early_refresh_is_under_way()
    {
        await using var world = await World.StartAsync();
        var answer = new TaskCompletionSource<bool>();
        world.Server.BeforeRefresh = _ => answer.Task;
        world.Time.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn * 0.9));

        await world.GetAsync();
        await world.GetAsync();
        await Eventually.Async(() => !world.Server.Refreshes.IsEmpty);
        await world.GetAsync();
        world.Server.Calls.ShouldAllBe(call => call == "Bearer at.1");

        answer.SetResult(false);
        await Eventually.Async(() => world.Store.Tokens!.AccessToken == "at.2");
        await world.Session.GetAccessTokenAsync();
        (await world.Session.GetAccessTokenAsync()).ShouldBe("at.2");
        world.Server.Refreshes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_early_refresh_costs_no_call_and_is_tried_again_after_a_pause()
    {
        await using var world = await World.StartAsync(options => options.RefreshLimit = TimeSpan.Zero);
        world.Server.BeforeRefresh = ScriptedServer.Times(1, ScriptedServer.Say(503));
        world.Time.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn * 0.9));

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.Async(() => world.Log.GetSnapshot().Any(line => line.Id.Id == 5103));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(1);

        world.Time.Advance(TimeSpan.FromSeconds(1));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.Async(() => world.Server.Refreshes.Count == 2);
    }

    [Fact]
    public async Task A_login_without_an_access_token_refreshes_with_the_first_call()
    {
        await using var world = await World.StartAsync(start: false);
        await world.Session.StartAsync(new() { RefreshToken = ScriptedServer.RefreshToken(1) });

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.2"]);
    }
}
