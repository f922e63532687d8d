using System.Net;
using System.Text.Json;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>Receipts: where a revocation is in force, over real HTTP.</summary>
public sealed class ReceiptTests : IAsyncLifetime
{
    private AuthorityHost _authority = null!;
    private string _bearer = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync();
        _bearer = await _authority.BearerAsync("revoke", "feed");
    }

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task A_receipt_is_complete_once_every_live_verifier_polls_past_the_act()
    {
        var callers =
            new[] { await FeedCaller.CreateAsync(_authority, "a", 60), await FeedCaller.CreateAsync(_authority, "b", 60) };
        var following = callers.Select(async caller =>
        {
            var held = await caller.PollAsync(wait: 20);
            held.Json.GetProperty("entries").GetArrayLength().ShouldBe(1);
            await caller.PollAsync();
        }).ToArray();
        await callers[0].HeardAsync();
        await callers[1].HeardAsync();

        var inForce = InForce(await RevokeAsync("wait=10"));

        (Number(inForce, "verifiers"), Number(inForce, "applied"), Names(inForce)).ShouldBe((2, 2, ""));
        Number(inForce, "ms").ShouldBeLessThan(10_000);
        await Task.WhenAll(following);
    }

    [Fact]
    public async Task A_laggard_is_named_when_the_wait_runs_out_and_the_revocation_stands()
    {
        var (quick, slow) =
            (await FeedCaller.CreateAsync(_authority, "quick", 60), await FeedCaller.CreateAsync(_authority, "slow", 30));
        await quick.PollAsync();
        await slow.PollAsync();
        var before = DateTimeOffset.UtcNow;
        var revoking = RevokeAsync("wait=1");
        while (_authority.Tail.Head.Position is var head && (await quick.PollAsync())["after"] == $"{head}"
            && !revoking.IsCompleted)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        var answer = await revoking;
        var inForce = InForce(answer);

        answer.Response.Headers.GetValues("Preference-Applied").ShouldBe(["wait=1"]);
        (Number(inForce, "verifiers"), Number(inForce, "applied"), Names(inForce)).ShouldBe((2, 1, "orders/slow"));
        Number(inForce, "ms").ShouldBeGreaterThan(900);
        inForce.GetProperty("certain_at").GetDateTimeOffset()
            .ShouldBeInRange(before + TimeSpan.FromSeconds(25), DateTimeOffset.UtcNow + TimeSpan.FromSeconds(31));
    }

    [Fact]
    public async Task Without_a_verifier_it_is_in_force_at_once_and_without_Prefer_nobody_waits()
    {
        var inForce = InForce(await RevokeAsync("wait=5"));
        (Number(inForce, "verifiers"), Number(inForce, "applied")).ShouldBe((0, 0));
        (await RevokeAsync("respond-async")).Json.TryGetProperty("in_force", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("wait=0", "wait=0")]
    [InlineData("respond-async, wait=1", "wait=1")]
    [InlineData("WAIT=1", "wait=1")]
    [InlineData("wait=86400", "wait=10")]
    public async Task The_wait_is_read_as_RFC_7240_writes_it_and_bounded(string preference, string applied) =>
        (await RevokeAsync(preference)).Response.Headers.GetValues("Preference-Applied").ShouldBe([applied]);

    [Fact]
    public async Task A_verifier_that_leaves_is_waited_for_no_longer()
    {
        var caller = await FeedCaller.CreateAsync(_authority, "leaver", 60);
        await caller.PollAsync();
        var revoking = RevokeAsync("wait=10");
        await Task.Delay(200, TestContext.Current.CancellationToken);
        revoking.IsCompleted.ShouldBeFalse();

        await caller.PollAsync(more: "&leaving=1");

        var inForce = InForce(await revoking);
        (Number(inForce, "verifiers"), Names(inForce)).ShouldBe((0, ""));
        Number(inForce, "ms").ShouldBeLessThan(9_000);
        Verifiers(await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_position_of_another_log_or_chain_acknowledges_nothing()
    {
        var caller = await FeedCaller.CreateAsync(_authority, "lost", 60);
        var position = (await _authority.RevokeAsync(Match.Subject("mallory"))).Revocation!.Position;

        await caller.PollAsync(new(LogPosition.MaxValue), epoch: "other");
        (await GetAsync(position)).ShouldBe("orders/lost");
        await caller.PollAsync(more: $"&chain={LogChain.Start("other")}");
        (await GetAsync(position)).ShouldBe("orders/lost");

        await caller.PollAsync();
        (await GetAsync(position)).ShouldBe("");
    }

    [Fact]
    public async Task A_poll_without_an_instance_is_served_and_never_counted()
    {
        await _authority.GetAsync($"/v1/feed?epoch={_authority.Tail.Head.Epoch}&after={_authority.Tail.Head.Position}", _bearer);
        Verifiers(await ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Verifiers_are_listed_with_what_they_said_and_how_far_they_are()
    {
        var caller = await FeedCaller.CreateAsync(_authority, "i-1", 5);
        var position = _authority.Tail.Head.Position;
        await caller.PollAsync(more: "&version=1.2.3");
        await _authority.RevokeAsync(Match.Subject("mallory"));

        var verifier = Verifiers(await ListAsync()).Single();

        (Text(verifier, "name"), Text(verifier, "instance"), Text(verifier, "version"), Text(verifier, "state"))
            .ShouldBe(("orders", "i-1", "1.2.3", "live"));
        (Number(verifier, "bound"), Number(verifier, "position"), verifier.GetProperty("behind").GetBoolean())
            .ShouldBe((5, position.Value, true));
        Text(verifier, "address").ShouldBe("127.0.0.1");
        Number(verifier, "age_ms").ShouldBeInRange(0, 5_000);
    }

    [Fact]
    public async Task A_receipt_says_how_many_connections_were_closed_and_a_dry_run_how_many_there_are()
    {
        var (one, other) = (await FeedCaller.CreateAsync(_authority, "a", 60), await FeedCaller.CreateAsync(_authority, "b", 60));
        await one.PollAsync(more: "&connections=12&closed=3");
        await other.PollAsync();

        var look = await _authority.PostJsonAsync(
            "/v1/revocations", _bearer, """{"match":{"session":"x"},"reason":"test","dry_run":true}""");
        var before = _authority.Tail.Head.Position;
        var revoking = RevokeAsync("wait=10");
        while (_authority.Tail.Head.Position == before)
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        await one.PollAsync(more: "&connections=10&closed=5");
        await other.PollAsync();

        Number(look.Json, "connections").ShouldBe(12);
        Number(InForce(await revoking), "closed").ShouldBe(2);
    }

    [Fact]
    public async Task Verifiers_that_watch_connections_are_listed_with_how_many()
    {
        await (await FeedCaller.CreateAsync(_authority, "watches")).PollAsync(more: "&connections=12&closed=3");
        await (await FeedCaller.CreateAsync(_authority, "watches-none")).PollAsync();

        var listed = Verifiers(await ListAsync()).ToDictionary(verifier => Text(verifier, "instance")!);

        (Number(listed["watches"], "live_connections"), Number(listed["watches"], "closed_connections")).ShouldBe((12, 3));
        listed["watches-none"].GetProperty("live_connections").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_client_past_its_share_is_served_and_receipts_lists_and_health_say_so()
    {
        var admin = await _authority.BearerAsync("admin");
        var client = (await _authority.AddClientAsync("many", scopes: "feed")).ClientId;
        (await _authority.PatchAsync($"/v1/clients/{client}", admin, """{"verifiers":1}""")).Json.GetProperty("verifiers")
            .GetInt32().ShouldBe(1);
        var bearer = (await _authority.PostFormAsync("/token", "grant_type=client_credentials", basic: client))["access_token"]!;
        var before = DateTimeOffset.UtcNow;

        foreach (var instance in (string[])["a", "b", "c"])
        {
            var head = _authority.Tail.Head;
            (await _authority.GetAsync(
                $"/v1/feed?epoch={head.Epoch}&after={head.Position}&verifier=v&instance={instance}&bound=60", bearer))
                .Status.ShouldBe(HttpStatusCode.OK);
        }

        var inForce = InForce(await RevokeAsync("wait=0"));
        (Number(inForce, "verifiers"), Number(inForce, "uncounted")).ShouldBe((1, 2));
        inForce.GetProperty("certain_at").GetDateTimeOffset().ShouldBeGreaterThan(before + TimeSpan.FromSeconds(58));
        var share = (await ListAsync()).Json.GetProperty("clients").EnumerateArray()
            .Single(entry => Text(entry, "client_id") == client);
        (Number(share, "counted"), Number(share, "share"), Number(share, "uncounted")).ShouldBe((1, 1, 2));
        (await _authority.GetAsync("/health")).Text.ShouldContain("RSC2204");
        (await _authority.PatchAsync($"/v1/clients/{client}", admin, """{"verifiers":0}""")).Json.TryGetProperty(
            "verifiers", out _).ShouldBeFalse();
        (await _authority.PatchAsync($"/v1/clients/{client}", admin, """{"verifiers":20001}"""))
            .ShouldBeProblem(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_verifier_that_leaves_is_not_taken_for_one_past_its_share(bool known)
    {
        var leaving = await FeedCaller.CreateAsync(_authority, $"leaving-{known}", 60);
        if (known)
        {
            await leaving.PollAsync();
        }

        await leaving.PollAsync(more: "&leaving=1");

        Number(InForce(await RevokeAsync("wait=0")), "uncounted").ShouldBe(0);
    }

    [Fact]
    public async Task Two_clients_with_one_instance_name_are_two_verifiers()
    {
        await (await FeedCaller.CreateAsync(_authority, "same")).PollAsync();
        await (await FeedCaller.CreateAsync(_authority, "same")).PollAsync();
        Verifiers(await ListAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_verifier_is_known_over_a_restart_so_that_the_next_receipt_still_waits_for_it()
    {
        using var folder = new TemporaryFolder();
        await using (var first = await AuthorityHost.StartAsync(data: folder.Path))
        {
            await (await FeedCaller.CreateAsync(first, "survivor", 60)).PollAsync();
        }

        await using var second = await AuthorityHost.StartAsync(data: folder.Path);
        var answer = await second.PostJsonAsync(
            "/v1/revocations", await second.BearerAsync("revoke"), """{"match":{"subject":"mallory"},"reason":"x"}""",
            ("Prefer", "wait=1"));

        Names(InForce(answer)).ShouldBe("orders/survivor");
    }

    private Task<Answer> RevokeAsync(string preference) =>
        _authority.PostJsonAsync(
            "/v1/revocations", _bearer, """{"match":{"subject":"mallory"},"reason":"x"}""", ("Prefer", preference));

    private Task<Answer> ListAsync() => _authority.GetAsync("/v1/verifiers", _bearer);

    private async Task<string> GetAsync(LogPosition position) =>
        Names(InForce(await _authority.GetAsync("/v1/revocations/" + position.ToRevocationId(), _bearer)));

    private static JsonElement InForce(Answer answer)
    {
        answer.Status.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Created);
        return answer.Json.GetProperty("in_force");
    }

    private static List<JsonElement> Verifiers(Answer answer) => [.. answer.Json.GetProperty("verifiers").EnumerateArray()];

    private static long Number(JsonElement json, string name) => json.GetProperty(name).GetInt64();

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static string Names(JsonElement inForce) =>
        string.Join(' ', inForce.GetProperty("behind").EnumerateArray().Select(name => name.GetString()));
}
