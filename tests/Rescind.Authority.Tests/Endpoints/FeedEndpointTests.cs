using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>/v1/feed</c> and its snapshot over real HTTP.</summary>
public sealed class FeedEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    public async Task A_poll_gets_what_was_appended_since_with_the_chain_after_it()
    {
        var caller = await FeedCaller.CreateAsync(_authority);
        var before = _authority.Tail.Head;
        var act = (await _authority.RevokeAsync(Match.Subject("mallory"))).Revocation!;

        var answer = await caller.PollAsync(before.Position, more: $"&chain={before.Chain}");

        (answer.Status, answer["epoch"], answer["nonce"], answer["more"])
            .ShouldBe((HttpStatusCode.OK, before.Epoch, "n-1", "False"));
        (answer["after"], answer["chain"], answer["age_ms"], answer["seal"])
            .ShouldBe(($"{before.Position}", $"{_authority.Tail.Head.Chain}", "0", ""));
        var entry = answer.Json.GetProperty("entries").EnumerateArray().Single();
        (entry.GetProperty("match").GetString(), entry.GetProperty("value").GetString()).ShouldBe(("subject", "mallory"));
        entry.GetProperty("end").GetProperty("by").GetInt64().ShouldBe(act.Position.Value);
        var read = FeedJson.Read(Encoding.UTF8.GetBytes(answer.Text));
        read.Entries.Aggregate(before.Chain, (chain, one) => chain.Then(one)).ShouldBe(read.Chain);
    }

    [Fact]
    public async Task A_held_poll_is_answered_the_moment_something_is_appended()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var caller = await FeedCaller.CreateAsync(authority, bound: 60);
        var held = caller.PollAsync(wait: 20);
        await caller.HeardAsync();
        held.IsCompleted.ShouldBeFalse();

        await authority.RevokeAsync(Match.Subject("mallory"));

        var answer = await held.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        answer.Json.GetProperty("entries").GetArrayLength().ShouldBe(1);
        answer.Json.GetProperty("held_ms").GetInt64().ShouldBeLessThan(10_000);
    }

    [Fact]
    public async Task A_poll_with_nothing_new_is_held_for_its_wait_and_no_longer_than_a_third_of_the_bound()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var caller = await FeedCaller.CreateAsync(authority, bound: 0.6);

        var answer = await caller.PollAsync(wait: 50);

        answer.Json.GetProperty("entries").GetArrayLength().ShouldBe(0);
        answer.Json.GetProperty("held_ms").GetInt64().ShouldBeInRange(150, 5_000);
    }

    [Fact]
    public async Task Another_epoch_is_gone_and_another_chain_or_a_position_that_never_was_conflicts()
    {
        var caller = await FeedCaller.CreateAsync(_authority);
        var head = _authority.Tail.Head;

        (await caller.PollAsync(epoch: "other")).ShouldBeProblem(HttpStatusCode.Gone);
        (await caller.PollAsync(more: $"&chain={LogChain.Start("other")}")).ShouldBeProblem(HttpStatusCode.Conflict);
        (await caller.PollAsync(new(head.Position.Value + 1))).ShouldBeProblem(HttpStatusCode.Conflict);
        (await caller.PollAsync(new(LogPosition.MaxValue))).ShouldBeProblem(HttpStatusCode.Conflict);
        (await caller.PollAsync(more: $"&chain={head.Chain}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task After_a_restart_older_ranges_come_from_the_store_in_the_same_chain()
    {
        using var folder = new TemporaryFolder();
        LogHead before, after;
        await using (var first = await AuthorityHost.StartAsync(data: folder.Path))
        {
            before = first.Tail.Head;
            await first.RevokeAsync(Match.Subject("mallory"));
            after = first.Tail.Head;
        }

        await using var second = await AuthorityHost.StartAsync(data: folder.Path);
        var caller = await FeedCaller.CreateAsync(second);
        var answer = FeedJson.Read(
            Encoding.UTF8.GetBytes((await caller.PollAsync(before.Position, more: $"&chain={before.Chain}")).Text));

        answer.Entries[0].Match.ShouldBe(Match.Subject("mallory"));
        answer.Entries.Aggregate(before.Chain, (chain, one) => chain.Then(one)).ShouldBe(answer.Chain);
        second.Tail.Head.Epoch.ShouldBe(after.Epoch);
        (await caller.PollAsync(before.Position, more: $"&chain={LogChain.Start("other")}"))
            .ShouldBeProblem(HttpStatusCode.Conflict);
        (await caller.PollAsync(new(before.Position.Value + 1))).ShouldBeProblem(HttpStatusCode.Conflict);
        (await caller.PollAsync(new(1))).ShouldBeProblem(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task Many_that_are_equally_far_behind_are_answered_from_one_read_of_the_store()
    {
        using var folder = new TemporaryFolder();
        LogHead before;
        await using (var first = await AuthorityHost.StartAsync(data: folder.Path))
        {
            before = first.Tail.Head;
            await Task.WhenAll(
                Enumerable.Range(0, OlderAnswers.MostRead + 100).Select(i => first.RevokeAsync(Match.Token($"token-{i}"))));
        }

        BreakingStore? store = null;
        await using var second = await AuthorityHost.StartAsync(
            services => services.AddSingleton<IRevocationStore>(
                provider => store = new(provider.GetRequiredService<SqliteStore>().Revocations, int.MaxValue)),
            folder.Path);
        var caller = await FeedCaller.CreateAsync(second);
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => caller.PollAsync(before.Position, more: $"&chain={before.Chain}")));

        var entries = answers.Select(answer => answer.Json.GetProperty("entries").GetArrayLength()).Distinct().Single();
        answers.ShouldAllBe(answer => answer.Json.GetProperty("more").GetBoolean());
        store!.Reads.ShouldBe(1);
        entries.ShouldBeInRange(1_000, OlderAnswers.MostRead);
        (await caller.PollAsync(before.Position, more: $"&chain={LogChain.Start("other")}"))
            .ShouldBeProblem(HttpStatusCode.Conflict);

        // What is left goes up to the head: that is looked up for each.
        var middle = new LogPosition(answers[0].Json.GetProperty("entries")[entries - 1].GetProperty("position").GetInt64());
        var last = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => caller.PollAsync(middle)));
        last.ShouldAllBe(answer => !answer.Json.GetProperty("more").GetBoolean());
        store.Reads.ShouldBe(4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?after=1")]
    [InlineData("?epoch=e")]
    [InlineData("?epoch=e&after=")]
    [InlineData("?epoch=e&after=-1")]
    [InlineData("?epoch=e&after=01")]
    [InlineData("?epoch=e&after=9007199254740992")]
    [InlineData("?epoch=e&after=1&after=2")]
    [InlineData("?epoch=e&after=1&chain=x")]
    [InlineData("?epoch=e&after=1&wait=-1")]
    [InlineData("?epoch=e&after=1&wait=1e9")]
    [InlineData("?epoch=e&after=1&wait=NaN")]
    [InlineData("?epoch=e&after=1&instance=i")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v")]
    [InlineData("?epoch=e&after=1&instance=i&bound=5")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=0")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=61")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=x")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=5&leaving=2")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=5&connections=1")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=5&connections=1&closed=-1")]
    [InlineData("?epoch=e&after=1&instance=i&verifier=v&bound=5&connections=1&closed=1234567890123")]
    public async Task A_poll_that_does_not_hold_is_refused(string query) =>
        (await _authority.GetAsync("/v1/feed" + query, await _authority.BearerAsync("feed")))
            .ShouldBeProblem(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Texts_that_are_too_long_are_refused()
    {
        var caller = new FeedCaller(_authority, await _authority.BearerAsync("feed"), new('i', 257));
        (await caller.PollAsync()).ShouldBeProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_feed_needs_its_scope()
    {
        var bearer = await _authority.BearerAsync("revoke", "sessions", "introspect");
        (await _authority.GetAsync("/v1/feed?epoch=e&after=1", bearer)).ShouldBeProblem(HttpStatusCode.Forbidden);
        (await _authority.GetAsync("/v1/feed/snapshot", bearer)).ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_snapshot_is_a_header_the_registry_the_live_map_and_an_end_line_that_counts_them()
    {
        await using var authority = await AuthorityHost.StartAsync();
        await authority.RevokeAsync(Match.Subject("mallory"));
        await authority.RevokeAsync(Match.Subject("mallory"));
        await authority.RevokeAsync(Match.Session("s"));

        var answer = await authority.GetAsync("/v1/feed/snapshot", await authority.BearerAsync("feed"));

        answer.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        answer.Text[^1].ShouldBe('\n');
        var lines = answer.Text[..^1].Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        lines[0].GetProperty("head").GetInt64().ShouldBe(authority.Tail.Head.Position.Value);
        lines[0].GetProperty("chain").GetString().ShouldBe(authority.Tail.Head.Chain.ToString());
        lines[^1].GetProperty("end").GetBoolean().ShouldBeTrue();
        lines[^1].GetProperty("entries").GetInt64().ShouldBe(lines.Count - 2);
        var kinds = lines[1..^1].Select(line => line.GetProperty("kind").GetString()).ToList();
        kinds.Count(kind => kind == "state").ShouldBe(2);
        kinds.SkipWhile(kind => kind != "state").ShouldAllBe(kind => kind == "state");
    }

    [Theory]
    [InlineData("now=yesterday")]
    [InlineData("now=-1")]
    [InlineData("now=9007199254740992")]
    [InlineData("now=1&now=2")]
    public async Task The_time_of_a_follower_that_is_none_is_refused(string query) =>
        (await _authority.GetAsync($"/v1/feed/snapshot?{query}", await _authority.BearerAsync("feed")))
            .ShouldBeProblem(HttpStatusCode.BadRequest);

    [Fact]
    public async Task A_follower_that_is_ahead_of_the_Authority_is_sent_what_that_still_needs()
    {
        await using var authority = await AuthorityHost.StartAsync();
        await authority.RevokeAsync(Match.Subject("mallory"));
        var bearer = await authority.BearerAsync("feed");

        var now = DateTimeOffset.UtcNow;
        foreach (var query in new[] { "", Now(now.AddHours(-20)), Now(now.AddYears(50)) })
        {
            (await authority.GetAsync("/v1/feed/snapshot" + query, bearer)).Text.ShouldContain("mallory");
        }

        static string Now(DateTimeOffset now) => $"?now={now.ToUnixTimeSeconds()}";
    }

    [Fact]
    public async Task A_snapshot_that_fails_at_once_is_503_and_one_that_fails_on_the_way_has_no_end()
    {
        foreach (var (entries, isOver) in new[] { (5, true), (50_000, false) })
        {
            await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<IRevocationStore>(
                provider => new BreakingStore(provider.GetRequiredService<SqliteStore>().Revocations, entries)));
            var snapshot = authority.GetAsync("/v1/feed/snapshot", await authority.BearerAsync("feed"));
            if (isOver)
            {
                (await snapshot).ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
            }
            else
            {
                await Should.ThrowAsync<HttpRequestException>(snapshot);
            }
        }
    }

    [Fact]
    public async Task A_held_poll_does_not_hold_up_the_end_of_the_server()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var caller = await FeedCaller.CreateAsync(authority, bound: 60);
        var held = caller.PollAsync(wait: 20);
        await caller.HeardAsync();

        authority.Get<IHostApplicationLifetime>().StopApplication();

        (await held).Json.GetProperty("held_ms").GetInt64().ShouldBeLessThan(15_000);
    }

    [Fact]
    public async Task A_client_that_leaves_lets_its_poll_go()
    {
        await using var authority = await AuthorityHost.StartAsync();
        var caller = await FeedCaller.CreateAsync(authority, bound: 60);
        using var gone = new CancellationTokenSource();
        var poll = caller.PollAsync(wait: 20, cancellationToken: gone.Token);
        await caller.HeardAsync();
        await gone.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(poll);
        (await caller.PollAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }
}
