using System.Text.RegularExpressions;
using Rescind.Authority.Sessions;
using Rescind.Authority.Tests.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Authority.Tests.Diagnostics;

/// <summary>What an Authority counts and shows, and that nobody can be recognised in it (G7).</summary>
public sealed class Metrics : IAsyncLifetime
{
    private static readonly Regex Attribute = new(
        "^(rescind.outcome|rescind.match|rescind.effect|rescind.state|error.type)=[A-Za-z0-9_]+$", RegexOptions.CultureInvariant);

    private AuthorityHost _authority = null!;
    private Counts _counts = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync();
        _counts = new(_authority);
    }

    public async ValueTask DisposeAsync()
    {
        _counts.Dispose();
        await _authority.DisposeAsync();
    }

    [Fact]
    public async Task Revocations_count_by_match_and_effect_and_those_that_are_refused_do_not()
    {
        var bearer = await _authority.BearerAsync("revoke");

        await RevokeAsync(bearer, """{ "match": { "subject": "alice" }, "reason": "test" }""");
        await RevokeAsync(bearer, """{ "match": { "session": "one" }, "effect": "renew", "reason": "test" }""");
        await RevokeAsync(bearer, """{ "match": { "subject": "alice" }, "reason": "" }""");
        await RevokeAsync(bearer, """{ "match": { "subject": "bob" }, "reason": "test", "dry_run": true }""");

        _counts.Of("rescind.revocations").ShouldBe(
            ["rescind.match=session rescind.effect=renew", "rescind.match=subject rescind.effect=end"]);
    }

    [Fact]
    public async Task Refreshes_count_by_what_became_of_them()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);
        var second = await RefreshAsync(first);
        await RefreshAsync(first);
        await RefreshAsync(await RefreshAsync(second));

        await RefreshAsync(first);
        await RefreshAsync(second);
        await RefreshAsync("garbage");

        _counts.Of("rescind.refreshes").ShouldBe(
        [
            "rescind.outcome=ended", "rescind.outcome=invalid", "rescind.outcome=repeated", "rescind.outcome=reused",
            "rescind.outcome=rotated", "rescind.outcome=rotated", "rescind.outcome=rotated",
        ]);
    }

    [Fact]
    public async Task Starts_count_as_started_or_refused()
    {
        var sessions = _authority.Get<ISessions>();
        await sessions.StartAsync(new() { Subject = "alice", Audience = ["orders"] });
        await Should.ThrowAsync<Exception>(
            () => sessions.StartAsync(new() { Subject = "alice", Audience = ["orders"], ClientId = "nobody" }));

        _counts.Of("rescind.session.starts").ShouldBe(["rescind.outcome=refused", "rescind.outcome=started"]);
    }

    [Fact]
    public async Task What_is_refused_counts_by_its_code_or_by_the_word_of_oauth()
    {
        await _authority.GetAsync("/v1/verifiers");
        await RefreshAsync("garbage");

        _counts.Of("rescind.refusals").ShouldBe(["error.type=RSC1201", "error.type=invalid_grant"]);
    }

    [Fact]
    public async Task A_commit_shows_how_long_it_took_and_how_many_shared_it()
    {
        await _authority.RevokeAsync(Match.Subject("alice"));
        await Eventually.Async(() => _counts.Of("rescind.store.commit.size").Any());

        _counts.Of("rescind.store.commit.duration").ShouldAllBe(one => one == "rescind.outcome=durable");
        _counts.Observe("rescind.store.queue").ShouldBe(new Dictionary<string, double> { [""] = 0 });
    }

    [Fact]
    public async Task The_log_shows_its_head_what_came_and_what_is_remembered()
    {
        var before = _counts.Observe("rescind.log.appended")[""];
        var live = _counts.Observe("rescind.log.live")[""];
        var act = (await _authority.RevokeAsync(Match.Subject("alice"))).Revocation!;

        _counts.Observe("rescind.log.head")[""].ShouldBe(act.Position.Value);
        _counts.Observe("rescind.log.appended")[""].ShouldBe(before + 1);
        _counts.Observe("rescind.log.live")[""].ShouldBe(live + 1);
        _counts.Observe("rescind.log.age")[""].ShouldBe(0);
        _counts.Observe("rescind.store.size")[""].ShouldBeGreaterThan(4096);
        _counts.Observe("rescind.key.age")[""].ShouldBeInRange(0, 600);
    }

    [Fact]
    public async Task Verifiers_count_by_state_and_polls_by_what_they_were_answered()
    {
        var bearer = await _authority.BearerAsync("feed");
        var head = _authority.Tail.Head;
        await PollAsync(bearer, head.Epoch, head.Position.Value);
        await PollAsync(bearer, head.Epoch, 0);
        await PollAsync(bearer, "another", 0);

        _counts.Of("rescind.feed.answers").ShouldBe(["rescind.outcome=entries", "rescind.outcome=gone", "rescind.outcome=none"]);
        _counts.Observe("rescind.verifiers").ShouldBe(new Dictionary<string, double>
        {
            ["rescind.state=live"] = 1, ["rescind.state=late"] = 0, ["rescind.state=gone"] = 0,
        });
        _counts.Observe("rescind.verifier.age")[""].ShouldBeInRange(0, 60);
        _counts.Observe("rescind.verifier.uncounted")[""].ShouldBe(0);
    }

    [Fact]
    public async Task Attributes_come_from_small_sets_and_every_instrument_says_its_unit()
    {
        var bearer = await _authority.BearerAsync("revoke", "sessions", "feed");
        var session = await _authority.StartSessionAsync("a subject that nobody may read");
        await RefreshAsync(_authority.RefreshTokens.Derive(session));
        await RevokeAsync(bearer, """{ "match": { "subject": "a subject that nobody may read" }, "reason": "a reason" }""");
        await _authority.GetAsync("/v1/revocations/rv_1", bearer);
        await PollAsync(bearer, "another", 0);
        var counted = _counts.All.ToList();
        _counts.Observe("rescind.verifiers");

        var attributes = counted.Concat(_counts.All).SelectMany(static one => one.Attributes.Split(' '))
            .Where(static text => text != "").Distinct().ToList();
        attributes.Count.ShouldBeGreaterThan(7);
        attributes.ShouldAllBe(text => Attribute.IsMatch(text));
        _counts.Instruments.ShouldAllBe(static one => one.Name.StartsWith("rescind.", StringComparison.Ordinal)
            && !string.IsNullOrEmpty(one.Unit) && !string.IsNullOrEmpty(one.Description));
    }

    private async Task<string> RefreshAsync(string token)
    {
        var answer = await _authority.RefreshAsync(token);
        return answer.Json.TryGetProperty("refresh_token", out var next) ? next.GetString()! : "";
    }

    private Task<Answer> RevokeAsync(string bearer, string body) => _authority.PostJsonAsync("/v1/revocations", bearer, body);

    private Task<Answer> PollAsync(string bearer, string epoch, long after) => _authority.GetAsync(
        $"/v1/feed?epoch={epoch}&after={after}&nonce=n&verifier=orders&instance=one&bound=5", bearer);
}
