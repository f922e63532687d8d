using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>A refresh whose outcome is unknown is repeated with the same refresh token, and never costs the session.</summary>
public sealed class LostAnswers
{
    [Fact]
    public async Task A_lost_answer_is_repaired_by_the_same_refresh_token()
    {
        await using var world = await World.StartAsync();
        world.Server.AfterRefresh = ScriptedServer.Times(1, ScriptedServer.Lose);
        world.ExpireToken();

        (await world.RunAsync(world.GetAsync())).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Refreshes.ShouldBe(["rt_1", "rt_1"]);
        world.Store.Tokens!.RefreshToken.ShouldBe("rt_2");
    }

    [Fact]
    public async Task A_request_that_hangs_is_given_up_and_repeated()
    {
        await using var world = await World.StartAsync(options => options.RequestTimeout = TimeSpan.FromSeconds(10));
        var never = new TaskCompletionSource<bool>();
        world.Server.BeforeRefresh = ScriptedServer.Times(1, _ => never.Task);
        world.ExpireToken();

        var call = world.GetAsync();
        await Eventually.Async(() => !world.Server.Refreshes.IsEmpty);
        world.Time.Advance(TimeSpan.FromSeconds(10));

        (await world.RunAsync(call)).StatusCode.ShouldBe(HttpStatusCode.OK);
        never.SetResult(true);
    }

    [Fact]
    public async Task A_process_that_dies_before_it_stored_the_answer_goes_on_with_the_old_token()
    {
        await using var world = await World.StartAsync();
        world.Store.BeforeSave = DurableTokens.Fail;
        world.ExpireToken();
        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());
        world.Store.BeforeSave = null;

        world.Open();

        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (world.Server.IsEnded, world.Store.Tokens!.RefreshToken).ShouldBe((false, "rt_2"));
    }

    [Fact]
    public async Task While_the_Authority_is_out_of_reach_calls_fail_at_once_after_the_first_and_the_session_is_kept()
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeRefresh = ScriptedServer.Say(503, headers: ("Retry-After", "1"));
        world.ExpireToken();

        var failure = await Should.ThrowAsync<RefreshFailedException>(world.RunAsync(world.GetAsync()));
        (failure.Code, failure.IsTransient).ShouldBe(("RSC5103", true));
        var asked = world.Server.Refreshes.Count;
        await Should.ThrowAsync<RefreshFailedException>(world.GetAsync());
        world.Server.Refreshes.Count.ShouldBe(asked);

        world.Server.BeforeRefresh = null;
        world.Time.Advance(TimeSpan.FromSeconds(30));
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Session.State.ShouldBe(SessionState.Active);
    }

    [Fact]
    public async Task Pauses_between_attempts_grow_and_end_with_the_limit()
    {
        await using var world = await World.StartAsync();
        var moments = new List<double>();
        world.Server.BeforeRefresh = async context =>
        {
            moments.Add(world.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0);
            return await ScriptedServer.Say(500)(context);
        };
        world.ExpireToken();

        await Should.ThrowAsync<RefreshFailedException>(world.RunAsync(world.GetAsync()));

        // 0.375, 0.75, 1.5, 3, 6, 12 s: three quarters of the full pause, which is what chance says here. The seventh
        // would be past 30 s.
        moments.Count.ShouldBe(7);
        var pauses = moments.Zip(moments.Skip(1), (one, next) => next - one).ToList();
        pauses.Zip(pauses.Skip(1)).ShouldAllBe(pair => pair.Second > pair.First);
        (moments[^1] - moments[0]).ShouldBeLessThanOrEqualTo(30);
    }
}
