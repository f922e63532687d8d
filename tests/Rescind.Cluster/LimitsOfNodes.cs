using System.Net;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>What is counted or remembered of one caller is so for all nodes together.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class LimitsOfNodes(SharedCluster cluster)
{
    private const int MostBroadActsInAMinute = 30;

    [Fact]
    public async Task An_idempotency_key_means_the_same_act_at_the_other_node()
    {
        for (var round = 0; round < 10; round++)
        {
            var (here, there) = cluster.Turn(round);
            var key = $"key-{round}";
            var first = await RevokeAsync(here, $"subject-{round}", key);

            var again = await RevokeAsync(there, $"subject-{round}", key);
            var another = await RevokeAsync(there, "somebody-else", key);

            first.ShouldBe(HttpStatusCode.Created);
            again.Text("id").ShouldBe(first.Text("id"));
            another.ShouldBe(HttpStatusCode.Conflict);
        }
    }

    [Fact]
    public async Task Of_many_calls_with_one_key_at_both_nodes_one_acts()
    {
        for (var round = 0; round < 5; round++)
        {
            var key = $"together-{round}";

            var answers = await Task.WhenAll(Enumerable.Range(0, 8)
                .Select(caller => RevokeAsync(cluster.Turn(caller).Here, $"subject-{key}", key)));

            answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Created);
            answers.Select(answer => answer.Text("id")).Distinct().ShouldHaveSingleItem();
        }
    }

    [Fact]
    public async Task Broad_acts_of_one_client_at_both_nodes_are_counted_together()
    {
        const string Id = "broad";
        var secret = await cluster.AtFirst.RegisterAsync(Id, "revoke", "revoke.broad");
        using var first = await AuthorityClient.ConnectAsync(cluster.Authority.First.Url, Id, secret);
        using var second = await AuthorityClient.ConnectAsync(cluster.Authority.Second.Url, Id, secret);

        for (var act = 0; act < MostBroadActsInAMinute; act++)
        {
            (await RevokeTenantAsync(act % 2 == 0 ? first : second, act)).ShouldBe(HttpStatusCode.Created);
        }

        (await RevokeTenantAsync(first, MostBroadActsInAMinute)).ShouldBe(HttpStatusCode.TooManyRequests);
        (await RevokeTenantAsync(second, MostBroadActsInAMinute)).ShouldBe(HttpStatusCode.TooManyRequests);
    }

    private static Task<Answer> RevokeAsync(AuthorityClient client, string subject, string key) => client.CallAsync(
        HttpMethod.Post, "/v1/revocations",
        new JsonObject { ["match"] = new JsonObject { ["subject"] = subject }, ["reason"] = "test" }, key);

    private static Task<Answer> RevokeTenantAsync(AuthorityClient client, int tenant) => client.PostAsync(
        "/v1/revocations",
        new JsonObject
        {
            ["match"] = new JsonObject { ["tag"] = new JsonObject { ["name"] = "tenant", ["value"] = $"t-{tenant}" } },
            ["reason"] = "test", ["confirm"] = 0,
        });
}
