using System.Diagnostics;
using System.Net;

namespace Rescind.EndToEnd;

/// <summary>An Authority that is away is never a reason to refuse with 401: unknown is 503 (BT-9, T-57, T-58).</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class AuthorityAway
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Orders_goes_on_for_its_bound_then_says_503_and_comes_back_by_itself()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var alive = await client.StartSessionAsync("alice");
        var dead = await client.StartSessionAsync("bob");
        await client.RevokeAsync("session", dead.Id, waitSeconds: 2);

        await authority.KillAsync();
        var away = Stopwatch.StartNew();
        var firstUnknown = await UntilUnknownAsync(orders, alive.AccessToken, away);
        await using var late = await OrdersProcess.StartAsync(authority, client, waitUntilReady: false);
        await StaysUnknownAsync(orders, late, alive.AccessToken, dead.AccessToken);
        await authority.StartAgainAsync();

        firstUnknown.TotalSeconds.ShouldBeInRange(3, 7);
        await UntilValidAsync(orders, alive.AccessToken);
        await UntilValidAsync(late, alive.AccessToken);
        (await orders.StatusAsync(dead.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
        (await late.StatusAsync(dead.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_route_that_demands_two_seconds_never_flickers_on_an_idle_healthy_system()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);
        var session = await client.StartSessionAsync("alice");
        var watch = Stopwatch.StartNew();

        while (watch.Elapsed < TimeSpan.FromSeconds(Counts.Of(120)))
        {
            using var answer = await orders.PostTransferAsync(session.AccessToken);

            answer.IsSuccessStatusCode.ShouldBeTrue($"{(int)answer.StatusCode} after {watch.Elapsed}\n{orders.Output}");
            await Task.Delay(Step);
        }
    }

    private static async Task<TimeSpan> UntilUnknownAsync(OrdersProcess orders, string accessToken, Stopwatch away)
    {
        while (true)
        {
            using var answer = await orders.GetOrdersAsync(accessToken);
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                answer.Headers.RetryAfter.ShouldNotBeNull();
                return away.Elapsed;
            }

            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            away.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
            await Task.Delay(Step);
        }
    }

    private static async Task StaysUnknownAsync(OrdersProcess orders, OrdersProcess late, string alive, string dead)
    {
        var lateAnswered = 0;
        for (var i = 0; i < 400 && lateAnswered < 20; i++)
        {
            (await orders.StatusAsync(alive)).ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await orders.StatusAsync(dead)).ShouldBe(HttpStatusCode.Unauthorized);
            var status = await late.StatusAsync(alive);
            status.ShouldBeOneOf(null, HttpStatusCode.ServiceUnavailable);
            lateAnswered += status is null ? 0 : 1;
            await Task.Delay(Step);
        }

        lateAnswered.ShouldBe(20, late.Output);
    }

    private static async Task UntilValidAsync(OrdersProcess orders, string accessToken)
    {
        var watch = Stopwatch.StartNew();
        while (await orders.StatusAsync(accessToken) is var status && status != HttpStatusCode.OK)
        {
            status.ShouldBe(HttpStatusCode.ServiceUnavailable);
            watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(15), orders.Output);
            await Task.Delay(Step);
        }
    }
}
