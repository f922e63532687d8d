using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Refreshing;

/// <summary>One refresh at a time, which belongs to no caller.</summary>
public sealed class SingleFlight
{
    [Fact]
    public async Task Parallel_calls_with_an_expired_token_share_one_refresh()
    {
        await using var world = await World.StartAsync();
        world.ExpireToken();

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => world.GetAsync()));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        (world.Server.Refreshes.Count, world.Server.Generation).ShouldBe((1, 2));
    }

    [Fact]
    public async Task Parallel_calls_with_a_refused_token_share_one_refresh()
    {
        await using var world = await World.StartAsync();
        world.Server.RefusedUpTo = 1;

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => world.GetAsync()));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
        (world.Server.Refreshes.Count, world.Server.Generation).ShouldBe((1, 2));
    }

    [Fact]
    public async Task A_caller_who_gives_up_stops_waiting_and_not_the_refresh()
    {
        await using var world = await World.StartAsync();
        var answer = new TaskCompletionSource<bool>();
        world.Server.BeforeRefresh = _ => answer.Task;
        world.ExpireToken();
        using var impatience = new CancellationTokenSource();

        var impatient = world.Http.GetAsync("/orders", impatience.Token);
        await Eventually.Async(() => !world.Server.Refreshes.IsEmpty);
        var patient = world.GetAsync();
        await impatience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(impatient);
        answer.SetResult(false);

        (await patient).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_call_that_was_refused_with_an_old_token_takes_the_newer_one_without_a_refresh()
    {
        await using var world = await World.StartAsync();
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource<bool>());
        world.Server.BeforeApi = ScriptedServer.Times(1, _ =>
        {
            arrived.SetResult();
            return answer.Task;
        });
        var slow = world.GetAsync();
        await arrived.Task;
        world.Server.RefusedUpTo = 1;
        (await world.GetAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        answer.SetResult(false);

        (await slow).StatusCode.ShouldBe(HttpStatusCode.OK);
        world.Server.Refreshes.Count.ShouldBe(1);
    }
}
