using System.Net;
using System.Text.Json.Nodes;
using Rescind.Cluster.Support;
using Rescind.EndToEnd;

namespace Rescind.Cluster;

/// <summary>A session is of no node: what one of them has acknowledged the other knows at its next answer.</summary>
[Collection(Child.OneSystemAtATime)]
public sealed class SessionsOfNodes(SharedCluster cluster)
{
    private const int Rounds = 20;

    [Fact]
    public async Task Whoever_logs_in_at_one_node_refreshes_at_the_other()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var session = await here.StartSessionAsync("alice");

            var refreshed = await there.RefreshAsync(session.RefreshToken);
            var repeated = await here.RefreshAsync(session.RefreshToken);

            refreshed.Status.ShouldBe(HttpStatusCode.OK, refreshed.Error);
            repeated.RefreshToken.ShouldBe(refreshed.RefreshToken);
            (await here.RefreshAsync(refreshed.RefreshToken!)).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Who_reads_at_the_other_node_sees_what_was_just_written()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var session = await here.StartSessionAsync($"reader-{round}");
            ((string?)(await there.GetSessionAsync(session.Id))["state"]).ShouldBe("active");

            var act = (string)(await here.RevokeAsync("session", session.Id))["id"]!;

            (await there.KnowsAsync(act)).ShouldBeTrue();
            ((string?)(await there.GetSessionAsync(session.Id))["ended_by"]).ShouldBe(act);
            var listed = await there.GetAsync($"/v1/sessions?subject=reader-{round}&state=ended");
            listed.Body!["sessions"]!.AsArray().Count.ShouldBe(1);
        }
    }

    [Fact]
    public async Task Introspection_at_the_other_node_knows_of_a_revocation_once_it_is_acknowledged()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var session = await here.StartSessionAsync("alice");
            (await there.IsActiveAsync(session.AccessToken)).ShouldBeTrue();

            await here.RevokeAsync("session", session.Id);

            (await there.IsActiveAsync(session.AccessToken)).ShouldBeFalse();
            (await there.RefreshAsync(session.RefreshToken)).Error.ShouldBe("invalid_grant");
        }
    }

    [Fact]
    public async Task Whoever_logs_out_at_one_node_is_logged_out_at_the_other()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var (hereUrl, thereUrl) = UrlsOf(round);
            var session = await here.StartSessionAsync("alice");

            var loggedOut = await Calls.AsAsync(hereUrl, session.AccessToken, HttpMethod.Post, "/me/logout", new JsonObject());

            ((int)loggedOut.Status).ShouldBeInRange(200, 204);
            (await there.IsActiveAsync(session.AccessToken)).ShouldBeFalse();
            (await there.RefreshAsync(session.RefreshToken)).Error.ShouldBe("invalid_grant");
            (await Calls.AsAsync(thereUrl, session.AccessToken, HttpMethod.Get, "/me/sessions"))
                .ShouldBe(HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Everywhere_means_at_every_node()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (here, there) = cluster.Turn(round);
            var (hereUrl, _) = UrlsOf(round);
            var subject = $"everywhere-{round}";
            var own = await here.PostAsync("/v1/sessions", new JsonObject
            {
                ["subject"] = subject,
                ["audience"] = new JsonArray("orders", cluster.Authority.Url.ToString().TrimEnd('/')),
            });
            var other = await there.StartSessionAsync(subject);

            var loggedOut = await Calls.AsAsync(
                hereUrl, own.Text("access_token"), HttpMethod.Post, "/me/logout", new JsonObject { ["everywhere"] = true });

            ((int)loggedOut.Status).ShouldBeInRange(200, 204, loggedOut.Body?.ToString());
            (await there.IsActiveAsync(own.Text("access_token"))).ShouldBeFalse();
            (await there.IsActiveAsync(other.AccessToken)).ShouldBeFalse();
            (await there.RefreshAsync(other.RefreshToken)).Error.ShouldBe("invalid_grant");
        }
    }

    private (Uri Here, Uri There) UrlsOf(int round)
    {
        var (first, second) = (cluster.Authority.First.Url, cluster.Authority.Second.Url);
        return round % 2 == 0 ? (first, second) : (second, first);
    }
}
