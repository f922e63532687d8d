using System.Net;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>Very many verifiers behind the load balancer, each of which goes round among the nodes.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class FollowersOfNodes(ITestOutputHelper output)
{
    private static readonly int Count = Counts.Of(1_000);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    [Fact]
    public async Task Receipts_count_each_of_them_and_all_are_fresh_again_after_a_node_was_killed()
    {
        await using var authority = await AuthorityProcess.StartAsync();
        using var admin = await authority.ConnectAsync();
        await AllowAsync(admin, Count);
        using var http = new HttpClient { BaseAddress = authority.Url, Timeout = TimeSpan.FromSeconds(30) };
        var followers = Enumerable.Range(0, Count)
            .Select(number => new Follower(http, () => admin.AccessToken, number)).ToList();
        using var over = new CancellationTokenSource();
        var running = Task.WhenAll(followers.Select(one => Task.Run(() => one.RunAsync(over.Token))));
        await UntilAsync(() => followers.All(static one => one.Replica.IsReady), "ready");
        var good = FactsOf(await admin.StartSessionAsync("carol"), followers);

        var revoked = await RevokedForAllAsync(admin, followers);
        output.WriteLine($"{Count} followers; the first receipt: {revoked}");
        await authority.First.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        await UntilAsync(() => Verdicts(followers, good).All(static verdict => verdict.IsValid), "fresh");
        output.WriteLine($"All fresh {TimeProvider.System.GetElapsedTime(killed).TotalSeconds:0.0} s after a node was killed");
        for (var look = 0; look < 50; look++)
        {
            Verdicts(followers, good)
                .ShouldAllBe(static verdict => verdict.Kind == VerdictKind.Valid || verdict.Kind == VerdictKind.Unknown);
            await Task.Delay(100);
        }

        await RevokedForAllAsync(admin, followers);
        await over.CancelAsync();
        await running;
    }

    // More than a client's share.
    private static async Task AllowAsync(AuthorityClient admin, int verifiers)
    {
        var answer = await admin.CallAsync(
            HttpMethod.Patch, $"/v1/clients/{admin.ClientId}", new JsonObject { ["verifiers"] = verifiers + 10 });
        answer.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NoContent);
    }

    private static async Task<string> RevokedForAllAsync(AuthorityClient admin, List<Follower> followers)
    {
        var session = await admin.StartSessionAsync("alice");
        var dead = FactsOf(session, followers);
        var receipt = (await admin.RevokeAsync("session", session.Id, waitSeconds: 30))["in_force"]!;
        ((int)receipt["verifiers"]!, (int)receipt["applied"]!).ShouldBe((followers.Count, followers.Count), receipt.ToString());
        Verdicts(followers, dead).ShouldAllBe(static verdict => verdict.Kind == VerdictKind.Revoked);
        return receipt.ToString();
    }

    private static List<Verdict> Verdicts(List<Follower> followers, TokenFacts facts) =>
        [.. followers.Select(one => new Judge(one.Replica, TimeProvider.System).Decide(facts, Follower.Bound))];

    private static TokenFacts FactsOf(StartedSession session, List<Follower> followers)
    {
        CompactJws.TryRead(session.AccessToken, out var jws, out _).ShouldBeTrue();
        TokenFacts.TryCreate(jws!, followers[0].Replica.OwnIssuer!, null, out var facts, out var fault).ShouldBeTrue($"{fault}");
        return facts!;
    }

    private static async Task UntilAsync(Func<bool> isSo, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!isSo())
        {
            patience.IsCancellationRequested.ShouldBeFalse($"Not all are {what}.");
            await Task.Delay(50, CancellationToken.None);
        }
    }
}
