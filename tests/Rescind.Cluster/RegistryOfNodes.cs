using System.Buffers.Text;
using System.Net;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>Clients and keys are the same at every node, from the moment at which one of them has changed them.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class RegistryOfNodes(SharedCluster cluster)
{
    private const int Rounds = 10;

    private Uri First => cluster.Authority.First.Url;

    private Uri Second => cluster.Authority.Second.Url;

    [Fact]
    public async Task A_client_that_was_added_at_one_node_gets_a_token_at_the_other_and_none_once_it_was_removed()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = round % 2 == 0 ? (First, Second) : (Second, First);
            var admin = cluster.Turn(round).Here;
            var id = $"added-{round}";
            var secret = await admin.RegisterAsync(id, "introspect");
            var token = await Calls.TokenAsync(there, id, secret);
            token.ShouldBe(HttpStatusCode.OK);

            (await admin.CallAsync(HttpMethod.Delete, $"/v1/clients/{id}")).ShouldBe(HttpStatusCode.NoContent);

            (await Calls.TokenAsync(there, id, secret)).Text("error").ShouldBe("invalid_client");
            (await Calls.AsAsync(there, token.Text("access_token"), HttpMethod.Get, "/v1/sessions"))
                .ShouldBe(HttpStatusCode.Unauthorized);
            (await cluster.Turn(round).There.GetAsync("/v1/clients")).Body!.ToString().ShouldNotContain(id);
            here.ShouldNotBe(there);
        }
    }

    [Fact]
    public async Task No_session_starts_at_one_node_for_a_client_that_the_other_has_removed()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var id = $"shop-{round}";
            var secret = await here.RegisterAsync(id, "sessions");
            using var shop = await AuthorityClient.ConnectAsync(round % 2 == 0 ? Second : First, id, secret);
            var start = new JsonObject { ["subject"] = "alice", ["audience"] = "orders", ["client_id"] = id };
            var session = await shop.PostAsync("/v1/sessions", start.DeepClone());
            session.ShouldBe(HttpStatusCode.Created);

            (await here.CallAsync(HttpMethod.Delete, $"/v1/clients/{id}")).ShouldBe(HttpStatusCode.NoContent);

            (await shop.PostAsync("/v1/sessions", start.DeepClone())).ShouldBe(HttpStatusCode.Unauthorized);
            (await there.IsActiveAsync(session.Text("access_token"))).ShouldBeFalse();
        }
    }

    [Fact]
    public async Task A_secret_that_was_replaced_at_one_node_is_no_good_at_the_other()
    {
        const string Id = "replaced";
        var secret = await cluster.AtFirst.RegisterAsync(Id, "sessions");
        for (var round = 0; round < Rounds; round++)
        {
            var there = round % 2 == 0 ? Second : First;
            var token = await Calls.TokenAsync(there, Id, secret);
            token.ShouldBe(HttpStatusCode.OK);
            var session = await Calls.AsAsync(
                there, token.Text("access_token"), HttpMethod.Post, "/v1/sessions",
                new JsonObject { ["subject"] = "alice", ["audience"] = "orders", ["client_id"] = Id });
            var refreshToken = session.Text("refresh_token");

            var replaced = await cluster.Turn(round).Here.PostAsync($"/v1/clients/{Id}/secret", new JsonObject());

            replaced.ShouldBe(HttpStatusCode.Created);
            (await Calls.TokenAsync(there, Id, secret)).Text("error").ShouldBe("invalid_client");
            (await Calls.RefreshAsync(there, Id, secret, refreshToken)).Text("error").ShouldBe("invalid_client");
            (await Calls.AsAsync(there, token.Text("access_token"), HttpMethod.Get, "/v1/sessions"))
                .ShouldBe(HttpStatusCode.Unauthorized);
            secret = replaced.Text("client_secret");
            (await Calls.TokenAsync(there, Id, secret)).ShouldBe(HttpStatusCode.OK);
            ((string?)(await Calls.RefreshAsync(there, Id, secret, refreshToken)).Body!["error"]).ShouldNotBe("invalid_client");
        }
    }

    [Fact]
    public async Task A_key_that_begins_to_sign_at_one_node_signs_at_the_other()
    {
        for (var round = 0; round < 4; round++)
        {
            var (here, there) = cluster.Turn(round);
            (await here.CallAsync(HttpMethod.Post, "/v1/keys/rotate")).ShouldBe(HttpStatusCode.OK);

            var session = await there.StartSessionAsync("alice");

            var (hereKeys, thereKeys) = (await here.GetAsync("/v1/keys"), await there.GetAsync("/v1/keys"));
            StatesOf(thereKeys).ShouldBe(StatesOf(hereKeys));
            var signing = hereKeys.Body!["keys"]!.AsArray().Single(key => (string)key!["state"]! == "active")!;
            KeyOf(session.AccessToken).ShouldBe((string)signing["kid"]!);
            (await PublishedAsync(First)).ShouldBe(await PublishedAsync(Second));
            (await here.IsActiveAsync(session.AccessToken)).ShouldBeTrue();
        }
    }

    private static string KeyOf(string token) =>
        (string)JsonNode.Parse(Base64Url.DecodeFromChars(token.AsSpan(0, token.IndexOf('.', StringComparison.Ordinal))))!["kid"]!;

    private static IEnumerable<string> StatesOf(Answer keys) =>
        keys.Body!["keys"]!.AsArray().Select(key => $"{key!["kid"]} {key["state"]}").Order(StringComparer.Ordinal);

    private static async Task<IEnumerable<string>> PublishedAsync(Uri node)
    {
        using var http = new HttpClient { BaseAddress = node };
        var keys = JsonNode.Parse(await http.GetStringAsync("/.well-known/jwks.json"))!["keys"]!.AsArray();
        return keys.Select(key => key!.ToJsonString()).Order(StringComparer.Ordinal);
    }
}
