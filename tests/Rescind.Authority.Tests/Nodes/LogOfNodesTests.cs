using System.Net;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Nodes;

/// <summary>Every node has the whole log in its order, whoever appended, and says how old what it knows is.</summary>
public sealed class LogOfNodesTests : IAsyncLifetime
{
    private TwoNodes _nodes = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _nodes = await TwoNodes.StartAsync();

    public ValueTask DisposeAsync() => _nodes.DisposeAsync();

    [Fact]
    public async Task What_is_committed_here_before_what_was_committed_there_is_known_comes_after_it()
    {
        var before = _nodes.Second.Tail.Head;
        var there = (await _nodes.First.RevokeAsync(Match.Subject("alice"))).Revocation!;
        _nodes.Second.Tail.Head.ShouldBe(before);

        var here = (await _nodes.Second.RevokeAsync(Match.Subject("bob"))).Revocation!;

        PositionsAfter(_nodes.Second, before).ShouldBe([there.Position, here.Position]);
        await _nodes.First.Get<LogFollower>().CatchUpAsync(Cancel);
        _nodes.First.Tail.Head.ShouldBe(_nodes.Second.Tail.Head);
    }

    [Fact]
    public async Task Nodes_that_append_at_once_have_one_log_without_gaps()
    {
        var before = _nodes.First.Tail.Head;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(
            async () =>
            {
                for (var i = 0; i < 25; i++)
                {
                    var node = writer % 2 == 0 ? _nodes.First : _nodes.Second;
                    var act = (await node.RevokeAsync(Match.Subject($"{writer}-{i}"))).Revocation!;
                    node.Tail.Head.Position.ShouldBeGreaterThanOrEqualTo(act.Position);
                }
            },
            Cancel)));

        await _nodes.First.Get<LogFollower>().CatchUpAsync(Cancel);
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
        var log = (await _nodes.First.Revocations.ReadAsync(before.Position, 1000, Cancel))!;
        log.Entries.Count.ShouldBe(100);
        PositionsAfter(_nodes.First, before).ShouldBe(log.Entries.Select(entry => entry.Position));
        PositionsAfter(_nodes.Second, before).ShouldBe(log.Entries.Select(entry => entry.Position));
        (_nodes.First.Tail.Head, _nodes.Second.Tail.Head).ShouldBe((log.Head, log.Head));
    }

    [Fact]
    public async Task What_was_revoked_there_is_known_here_within_the_interval()
    {
        var token = _nodes.First.AccessTokenOf(await _nodes.First.StartSessionAsync("alice"));
        await _nodes.First.RevokeAsync(Match.Subject("alice"));

        for (var i = 0; _nodes.Second.Read(token)!.Verdict.IsValid; i++)
        {
            i.ShouldBeLessThan(1000);
            await _nodes.PassAsync(LogFollower.PollInterval);
        }
    }

    [Fact]
    public async Task What_was_done_there_is_known_here_before_a_request_is_judged()
    {
        var bearer = await _nodes.First.BearerAsync("admin", "introspect");
        await _nodes.First.AddClientAsync("api", scopes: "introspect");
        var token = _nodes.First.AccessTokenOf(await _nodes.First.StartSessionAsync("alice"));
        (await _nodes.Second.PostFormAsync("/introspect", $"token={token}", basic: "api"))["active"].ShouldBe("True");

        await _nodes.First.RevokeAsync(Match.Subject("alice"));

        (await _nodes.Second.PostFormAsync("/introspect", $"token={token}", basic: "api"))["active"].ShouldBe("False");
        await _nodes.First.AddClientAsync("late", scopes: "introspect");
        var listed = (await _nodes.Second.GetAsync("/v1/clients", bearer)).Json.GetProperty("clients").EnumerateArray();
        listed.Select(client => client.GetProperty("client_id").GetString()).ShouldContain("late");
    }

    [Fact]
    public async Task A_follower_that_comes_from_a_node_which_is_ahead_is_answered_from_where_it_is()
    {
        var caller = await FeedCaller.CreateAsync(_nodes.Second);
        await _nodes.First.RevokeAsync(Match.Subject("alice"));

        var answer = await caller.PollAsync(after: _nodes.First.Tail.Head.Position);

        (answer.Status, answer["head"]).ShouldBe((HttpStatusCode.OK, $"{_nodes.First.Tail.Head.Position}"));
    }

    [Fact]
    public async Task A_node_that_does_not_hear_from_the_store_says_its_age_and_nothing_about_tokens()
    {
        var caller = await FeedCaller.CreateAsync(_nodes.Second);
        var bearer = await _nodes.Second.BearerAsync("admin", "introspect");
        await _nodes.Second.AddClientAsync("api", scopes: "introspect");
        (await _nodes.Second.GetAsync("/v1/clients", bearer)).Status.ShouldBe(HttpStatusCode.OK);
        (await caller.PollAsync())["age_ms"].ShouldBe("0");

        _nodes.IsAway = true;
        await _nodes.PassAsync(TimeSpan.FromSeconds(3));

        (await caller.PollAsync()).Json.GetProperty("age_ms").GetInt64().ShouldBeInRange(2_000, 3_500);
        (await _nodes.Second.GetAsync("/v1/clients", bearer)).ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        (await _nodes.Second.GetAsync("/me/sessions", bearer)).ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        (await _nodes.Second.PostFormAsync("/introspect", "token=x", basic: "api"))
            .ShouldBeOAuthError(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        (await _nodes.First.GetAsync("/v1/clients", bearer)).Status.ShouldBe(HttpStatusCode.OK);

        _nodes.IsAway = false;
        await _nodes.Second.Get<LogFollower>().CatchUpAsync(Cancel);
        (await _nodes.Second.GetAsync("/v1/clients", bearer)).Status.ShouldBe(HttpStatusCode.OK);
        (await caller.PollAsync())["age_ms"].ShouldBe("0");
    }

    [Fact]
    public async Task One_node_does_what_is_done_once_until_it_stops()
    {
        var (first, second) = (_nodes.First.Get<Leases>(), _nodes.Second.Get<Leases>());
        (await first.TryHoldAsync(LeaseNames.Logouts, Cancel)).ShouldBeTrue();
        (await second.TryHoldAsync(LeaseNames.Logouts, Cancel)).ShouldBeFalse();

        await _nodes.First.StopAsync();

        (await second.TryHoldAsync(LeaseNames.Logouts, Cancel)).ShouldBeTrue();
    }

    private static IEnumerable<LogPosition> PositionsAfter(AuthorityHost node, LogHead before) =>
        node.Tail.Answer(new() { Epoch = before.Epoch, After = before.Position, Nonce = "n" })!.Entries
            .Select(entry => entry.Position);
}
