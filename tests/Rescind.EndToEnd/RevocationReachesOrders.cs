using System.Diagnostics;
using System.Net;

namespace Rescind.EndToEnd;

/// <summary>G1 over two processes: acknowledged to refused, at an API that never asks anyone.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class RevocationReachesOrders
{
    [Fact]
    public async Task A_revoked_token_is_refused_by_another_process_soon()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);

        // A machine that is busy for a while is no reason; a way that is too slow is so each time.
        var p99 = double.MaxValue;
        for (var round = 0; round < 5 && p99 > AuthorityProcess.EnforcedWithinMilliseconds; round++)
        {
            p99 = await Percentile99Async(client, orders);
        }

        p99.ShouldBeLessThanOrEqualTo(AuthorityProcess.EnforcedWithinMilliseconds);
    }

    [Fact]
    public async Task The_receipt_counts_the_verifier_and_what_it_counts_refuses_already()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var client = await authority.ConnectAsync();
        await using var orders = await OrdersProcess.StartAsync(authority, client);

        for (var i = 0; i < Counts.Of(200); i++)
        {
            var session = await client.StartSessionAsync("alice");

            var receipt = (await client.RevokeAsync("session", session.Id, waitSeconds: 2))["in_force"]!;

            (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
            ((int)receipt["verifiers"]!).ShouldBe(1);
            ((int)receipt["applied"]!).ShouldBe(1);
            receipt["behind"]!.AsArray().ShouldBeEmpty();
        }
    }

    private static async Task<double> Percentile99Async(AuthorityClient client, OrdersProcess orders)
    {
        var milliseconds = new List<double>();
        for (var i = 0; i < Counts.Of(1_000); i++)
        {
            var session = await client.StartSessionAsync($"user-{i}");
            (await orders.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.OK);

            await client.RevokeAsync("session", session.Id);

            milliseconds.Add(await UntilRefusedAsync(orders, session.AccessToken));
        }

        milliseconds.Sort();
        return milliseconds[(int)Math.Ceiling(milliseconds.Count * 0.99) - 1];
    }

    private static async Task<double> UntilRefusedAsync(OrdersProcess orders, string accessToken)
    {
        var clock = Stopwatch.StartNew();
        while (await orders.StatusAsync(accessToken) is not HttpStatusCode.Unauthorized)
        {
            clock.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10));
        }

        return clock.Elapsed.TotalMilliseconds;
    }
}
