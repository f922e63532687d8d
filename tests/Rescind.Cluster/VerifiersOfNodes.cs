using System.Diagnostics;
using System.Net;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>Verifiers that follow through the load balancer go round among the nodes, and each counts once.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class VerifiersOfNodes(ITestOutputHelper output)
{
    private const int Verifiers = 3;
    private const int Rounds = 12;

    [Fact]
    public async Task A_receipt_of_any_node_counts_each_once_and_what_it_counts_refuses()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var through = await authority.ConnectAsync();
        using var atFirst = await authority.ConnectAsync(authority.First.Url);
        using var atSecond = await authority.ConnectAsync(authority.Second.Url);
        var orders = new List<OrdersProcess>();
        try
        {
            for (var i = 0; i < Verifiers; i++)
            {
                orders.Add(await OrdersProcess.StartAsync(authority, through));
            }

            AuthorityClient[] callers = [atFirst, atSecond, through];
            var longest = TimeSpan.Zero;
            for (var round = 0; round < Rounds; round++)
            {
                var session = await through.StartSessionAsync("alice");
                foreach (var one in orders)
                {
                    (await one.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.OK, authority.Output);
                }

                var clock = Stopwatch.StartNew();
                var answer = await callers[round % callers.Length].RevokeAsync("session", session.Id, waitSeconds: 10);
                longest = clock.Elapsed > longest ? clock.Elapsed : longest;

                var receipt = answer["in_force"]!;
                ((int)receipt["verifiers"]!).ShouldBe(Verifiers, answer.ToString());
                ((int)receipt["applied"]!).ShouldBe(Verifiers, answer.ToString());
                receipt["behind"]!.AsArray().ShouldBeEmpty();
                foreach (var one in orders)
                {
                    (await one.StatusAsync(session.AccessToken)).ShouldBe(HttpStatusCode.Unauthorized);
                }
            }

            output.WriteLine($"The longest wait for a receipt: {longest.TotalMilliseconds:0} ms");
        }
        finally
        {
            foreach (var one in orders)
            {
                await one.DisposeAsync();
            }
        }
    }
}
