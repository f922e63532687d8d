using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>
/// Every match and effect of <c>/v1/revocations</c>: what dies, what lives, what is asked twice, and what is undone.
/// </summary>
public sealed class RevocationVerbsTests : IAsyncLifetime
{
    private AuthorityHost _authority = null!;
    private string _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _authority = await AuthorityHost.StartAsync();
        _admin = await _authority.BearerAsync("admin");
    }

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    [Fact]
    public async Task Renew_kills_the_access_token_and_the_refreshed_one_is_good()
    {
        var session = await _authority.StartSessionAsync();
        var access = _authority.AccessTokenOf(session);

        var answer = await RevokeAsync(new { subject = "alice" }, new { effect = "renew" });

        (answer.Status, answer["effect"]).ShouldBe((HttpStatusCode.Created, "renew"));
        VerdictOn(access).ShouldBe(VerdictKind.Renew);
        VerdictOn((await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session)))["access_token"]!)
            .ShouldBe(VerdictKind.Valid);
    }

    [Fact]
    public async Task Reauthenticate_asks_for_a_login_and_no_refresh_is_one()
    {
        var session = await _authority.StartSessionAsync();

        await RevokeAsync(new { subject = "alice" }, new { effect = "reauthenticate" });

        VerdictOn(_authority.AccessTokenOf(session)).ShouldBe(VerdictKind.Reauthenticate);
        VerdictOn((await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session)))["access_token"]!)
            .ShouldBe(VerdictKind.Reauthenticate);
    }

    [Fact]
    public async Task A_block_refuses_tokens_refreshes_and_starts_and_says_by_which_act()
    {
        var session = await _authority.StartSessionAsync();
        var until = DateTimeOffset.UtcNow.AddMinutes(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);

        var answer = await RevokeAsync(new { subject = "alice" }, new { effect = "block", until });

        answer["until"].ShouldBe(until);
        VerdictOn(_authority.AccessTokenOf(session)).ShouldBe(VerdictKind.Revoked);
        var refresh = await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));
        (refresh["error"], refresh["reason"], refresh["explanation"]).ShouldBe(("invalid_grant", "blocked", answer["id"]));
        var start = await _authority.StartAsync("""{"subject":"alice","audience":"orders"}""");
        start.ShouldBeProblem(HttpStatusCode.Conflict);
        start["detail"]!.ShouldContain(answer["id"]!);
    }

    [Fact]
    public async Task A_tag_hits_every_session_that_carries_it_and_no_other()
    {
        var (inside, outside) = (await StartTaggedAsync("acme"), await StartTaggedAsync("globex"));

        var answer = await RevokeAsync(new { tag = new { name = "tenant", value = "acme" } }, new { confirm = 1 });

        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        Codes(answer).ShouldBe(["RSC2104"]);
        (VerdictOn(inside), VerdictOn(outside)).ShouldBe((VerdictKind.Revoked, VerdictKind.Valid));
    }

    [Fact]
    public async Task A_client_hits_all_that_was_issued_to_it_its_own_tokens_too()
    {
        await _authority.AddClientAsync("app", ClientKind.Public);
        var client = await _authority.AddClientAsync("batch", scopes: "feed");
        var own = _authority.Tokens.IssueFor(client, ["feed"], _authority.Tail.Head.Position).Text;
        var (app, web) = (await _authority.StartSessionAsync(clientId: "app"), await _authority.StartSessionAsync());

        await RevokeAsync(new { client = "app" }, new { confirm = 1 });
        await RevokeAsync(new { client = "batch" }, new { confirm = 0 });

        VerdictOn(_authority.AccessTokenOf(app)).ShouldBe(VerdictKind.Revoked);
        VerdictOn(own).ShouldBe(VerdictKind.Revoked);
        VerdictOn(_authority.AccessTokenOf(web)).ShouldBe(VerdictKind.Valid);
    }

    [Fact]
    public async Task The_whole_issuer_is_ended_and_everybody_may_come_back()
    {
        var session = await _authority.StartSessionAsync();
        var access = _authority.AccessTokenOf(session);

        var answer = await RevokeAsync(new { issuer = true }, new { confirm = 1 });

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        VerdictOn(access).ShouldBe(VerdictKind.Revoked);
        (await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session)))["reason"].ShouldBe("ended");
        (await _authority.GetAsync("/v1/revocations", _admin)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        VerdictOn(_authority.AccessTokenOf(await _authority.StartSessionAsync())).ShouldBe(VerdictKind.Valid);
        (await _authority.GetAsync("/v1/revocations", await _authority.BearerAsync("revoke"))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_cutoff_in_the_past_ends_older_sessions_and_spares_newer_ones()
    {
        var session = await _authority.StartSessionAsync();
        var later = DateTimeOffset.UtcNow.AddSeconds(2).ToString("O");

        var spared = await RevokeAsync(new { subject = "alice" }, new { before = "2026-01-01T00:00:00Z" });
        var hit = await RevokeAsync(new { subject = "alice" }, new { before = later });

        spared.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(0);
        spared["before"].ShouldBe("2026-01-01T00:00:00Z");
        hit.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        (await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session)))["explanation"].ShouldBe(hit["id"]);
    }

    [Fact]
    public async Task An_excepted_session_lives_and_the_receipt_counts_the_others()
    {
        var (mine, other) = (await _authority.StartSessionAsync(), await _authority.StartSessionAsync());

        var answer = await RevokeAsync(new { subject = "alice" }, new { except = new[] { mine.Id } });

        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        answer.Json.GetProperty("except")[0].GetString().ShouldBe(mine.Id);
        VerdictOn(_authority.AccessTokenOf(mine)).ShouldBe(VerdictKind.Valid);
        VerdictOn(_authority.AccessTokenOf(other)).ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_hit_and_writes_nothing()
    {
        var access = _authority.AccessTokenOf(await _authority.StartSessionAsync());
        var before = _authority.Tail.Head;

        var answer = await RevokeAsync(new { client = "web" }, new { dry_run = true });

        answer.Status.ShouldBe(HttpStatusCode.OK);
        (answer["id"], answer["position"]).ShouldBe((null, null));
        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        _authority.Tail.Head.ShouldBe(before);
        VerdictOn(access).ShouldBe(VerdictKind.Valid);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"confirm":"web"}""")]
    [InlineData("""{"confirm":-1}""")]
    [InlineData("""{"confirm":0.5}""")]
    [InlineData("""{"confirm":null}""")]
    public async Task A_broad_act_without_a_number_is_not_done(string rest)
    {
        var before = _authority.Tail.Head;

        var answer = await RevokeAsync(new { client = "web" }, JsonNode.Parse(rest)!.AsObject());

        ((int)answer.Status).ShouldBeInRange(400, 409);
        answer["code"].ShouldNotBeNull();
        _authority.Tail.Head.ShouldBe(before);
    }

    [Fact]
    public async Task A_number_that_no_longer_holds_is_told_what_holds_now()
    {
        for (var i = 0; i < 12; i++)
        {
            await _authority.StartSessionAsync();
        }

        var answer = await RevokeAsync(new { client = "web" }, new { confirm = 1 });

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
        answer["detail"]!.ShouldContain("12 sessions");
    }

    [Fact]
    public async Task A_key_that_is_revoked_signs_no_more_and_what_it_signed_is_dead()
    {
        var keys = _authority.Get<KeyRing>();
        var (dead, next) = (keys.Active.Id, keys.Keys.Single(key => key.Row.State is KeyState.Next).Id);
        var access = _authority.AccessTokenOf(await _authority.StartSessionAsync());

        var answer = await RevokeAsync(new { key = dead }, new { confirm = 1 });

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        Codes(answer).ShouldBeEmpty();
        keys.Active.Id.ShouldBe(next);
        _authority.Read(access).ShouldBeNull();
        (await _authority.GetAsync("/.well-known/jwks.json")).Text.ShouldNotContain(dead);
        (await _authority.GetAsync("/v1/revocations", _admin)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        VerdictOn(_authority.AccessTokenOf(await _authority.StartSessionAsync())).ShouldBe(VerdictKind.Valid);
        var listed = await _authority.GetAsync("/v1/keys", await _authority.BearerAsync("admin"));
        listed.Json.GetProperty("keys").EnumerateArray().Single(key => key.GetProperty("kid").GetString() == dead)
            .GetProperty("state").GetString().ShouldBe("revoked");
    }

    [Fact]
    public async Task A_revoked_key_stays_gone_over_a_restart_and_cannot_be_lifted()
    {
        using var folder = new TemporaryFolder();
        string dead, id;
        await using (var first = await AuthorityHost.StartAsync(data: folder.Path))
        {
            dead = first.Get<KeyRing>().Active.Id;
            var body = JsonSerializer.Serialize(new { match = new { key = dead }, reason = "leaked", confirm = 0 });
            id = (await first.PostJsonAsync("/v1/revocations", await first.BearerAsync("admin"), body))["id"]!;
        }

        await using var second = await AuthorityHost.StartAsync(data: folder.Path);

        second.Get<KeyRing>().Find(dead).ShouldBeNull();
        (await second.DeleteAsync("/v1/revocations/" + id, await second.BearerAsync("admin")))
            .ShouldBeProblem(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task The_announced_key_can_be_revoked_and_another_is_announced()
    {
        var keys = _authority.Get<KeyRing>();
        var (active, dead) = (keys.Active.Id, keys.Keys.Single(key => key.Row.State is KeyState.Next).Id);

        await RevokeAsync(new { key = dead }, new { confirm = 0 });

        keys.Active.Id.ShouldBe(active);
        keys.Keys.Single(key => key.Row.State is KeyState.Next).Id.ShouldNotBe(dead);
    }

    [Fact]
    public async Task A_lift_gives_back_what_the_act_alone_had_ended_once()
    {
        var (one, both) = (await StartTaggedAsync("acme"), await _authority.StartSessionAsync());
        var refresh = _authority.RefreshTokens.Derive(both);
        var act = await RevokeAsync(new { client = "web" }, new { confirm = 2 });

        var lifted = await _authority.DeleteAsync("/v1/revocations/" + act["id"], _admin);

        (lifted.Status, lifted["id"]).ShouldBe((HttpStatusCode.OK, act["id"]));
        lifted["lifted_by"].ShouldNotBeNull();
        VerdictOn(one).ShouldBe(VerdictKind.Valid);
        (await _authority.RefreshAsync(refresh)).Status.ShouldBe(HttpStatusCode.OK);
        (await _authority.DeleteAsync("/v1/revocations/" + act["id"], _admin)).ShouldBeProblem(HttpStatusCode.Conflict);
        (await _authority.DeleteAsync("/v1/revocations/rv_1", _admin)).ShouldBeProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task The_numbers_of_the_receipt_and_of_the_lift_are_told()
    {
        await _authority.StartSessionAsync();
        var other = await _authority.StartSessionAsync();
        var act = await RevokeAsync(new { client = "web" }, new { confirm = 2 });
        await RevokeAsync(new { session = other.Id }, new { });

        var explained = await _authority.GetAsync("/v1/revocations/" + act["id"], _admin);
        var lifted = await _authority.DeleteAsync("/v1/revocations/" + act["id"], _admin);

        explained.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(2);
        lifted.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Whoever_may_not_do_it_may_not_undo_it()
    {
        var act = await RevokeAsync(new { client = "web" }, new { confirm = 0 });

        (await _authority.DeleteAsync("/v1/revocations/" + act["id"], await _authority.BearerAsync("revoke")))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("""{"subject":"a"}""", "revoke")]
    [InlineData("""{"session":"a"}""", "revoke")]
    [InlineData("""{"token":"a"}""", "revoke")]
    [InlineData("""{"client":"a"}""", "revoke.broad")]
    [InlineData("""{"tag":{"name":"a","value":"b"}}""", "revoke.broad")]
    [InlineData("""{"key":"a"}""", "revoke.broad")]
    [InlineData("""{"issuer":true}""", "revoke.broad")]
    public async Task Each_match_needs_its_own_scope(string match, string scope)
    {
        var other = scope == "revoke" ? "revoke.broad" : "revoke";
        var body = $$"""{"match":{{match}},"reason":"x","dry_run":true}""";

        (await _authority.PostJsonAsync("/v1/revocations", await _authority.BearerAsync(scope), body)).Status
            .ShouldBe(HttpStatusCode.OK);
        (await _authority.PostJsonAsync("/v1/revocations", await _authority.BearerAsync(other), body))
            .ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_client_that_names_itself_is_refused()
    {
        var client = await _authority.AddClientAsync("ops", scopes: ["revoke", "revoke.broad"]);
        var bearer = _authority.Tokens.IssueFor(client, client.Scopes, _authority.Tail.Head.Position).Text;

        var answer = await _authority.PostJsonAsync(
            "/v1/revocations", bearer, """{"match":{"client":"ops"},"reason":"x","confirm":0}""");

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("RSC2009", """{"match":{"key":"k"},"effect":"renew"}""")]
    [InlineData("RSC2009", """{"match":{"token":"t"},"effect":"reauthenticate"}""")]
    [InlineData("RSC2009", """{"match":{"session":"s"},"effect":"block","until":"2030-01-01T00:00:00Z"}""")]
    [InlineData("RSC2009", """{"match":{"issuer":true},"effect":"block","until":"2030-01-01T00:00:00Z"}""")]
    [InlineData("RSC2009", """{"match":{"subject":"a"},"effect":"End"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"effect":"block"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"effect":"block","until":"2020-01-01T00:00:00Z"}""")]
    [InlineData("RSC2010",
        """{"match":{"subject":"a"},"effect":"block","until":"2030-01-01T00:00:00Z","before":"2020-01-01T00:00:00Z"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"until":"2030-01-01T00:00:00Z"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"before":"2099-01-01T00:00:00Z"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"before":"1969-12-31T23:59:59Z"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"before":"2026-01-01T00:00:00"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"before":"2026-13-01T00:00:00Z"}""")]
    [InlineData("RSC2010", """{"match":{"subject":"a"},"before":"yesterday"}""")]
    [InlineData("RSC2010", """{"match":{"session":"s"},"before":"2026-01-01T00:00:00Z"}""")]
    [InlineData("RSC2011", """{"match":{"session":"s"},"except":["x"]}""")]
    [InlineData("RSC2011", """{"match":{"subject":"a"},"effect":"reauthenticate","except":["x"]}""")]
    [InlineData("RSC2011", """{"match":{"subject":"a"},"except":[""]}""")]
    [InlineData("RSC2012", """{"match":{"subject":"a"},"issuer":"https://other.example"}""")]
    [InlineData("RSC2003", """{"match":{"issuer":false}}""")]
    [InlineData("RSC2003", """{"match":{"tag":{"name":"","value":"x"}}}""")]
    public async Task What_does_not_hold_has_its_own_code_and_writes_nothing(string code, string body)
    {
        var before = _authority.Tail.Head;
        var asked = JsonNode.Parse(body)!.AsObject();
        (asked["reason"], asked["confirm"]) = ("x", 0);

        var answer = await _authority.PostJsonAsync("/v1/revocations", _admin, asked.ToJsonString());

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe(code);
        _authority.Tail.Head.ShouldBe(before);
    }

    [Fact]
    public async Task Another_issuers_subject_is_revoked_by_whoever_may_and_the_answer_warns_that_it_can_mint_again()
    {
        const string issuer = "https://idp.example";
        await _authority.Get<IRegistryStore>().SaveIssuerAsync(
            new() { Issuer = issuer, Limits = new(600, 86_400, 5, 30), Types = ["JWT"], Algorithms = ["RS256"],
                SendsAuthTime = true },
            AuditContext.System, CancellationToken.None);

        var ended = await RevokeAsync(new { subject = "u-1" }, new { issuer });
        var blocked = await RevokeAsync(new { subject = "u-1" }, new { issuer, effect = "reauthenticate" });
        var all = await RevokeAsync(new { issuer = true }, new { issuer, effect = "renew", confirm = issuer });
        var unconfirmed = await RevokeAsync(new { client = "app" }, new { issuer, confirm = 0 });
        var stranger = await _authority.PostJsonAsync("/v1/revocations", await _authority.BearerAsync("revoke"),
            $$"""{"match":{"subject":"u-1"},"issuer":"{{issuer}}","reason":"x"}""");

        (Codes(ended).Single(), Codes(blocked).Length, ended["issuer"]).ShouldBe(("RSC2107", 0, issuer));
        all.Status.ShouldBe(HttpStatusCode.Created, all.Text);
        unconfirmed.ShouldBeProblem(HttpStatusCode.Conflict);
        stranger.ShouldBeProblem(HttpStatusCode.Forbidden);
    }

    [Theory]
    [InlineData("9999-01-01T00:00:00Z", HttpStatusCode.Created)]
    [InlineData("9999-12-31T23:59:59.9999999Z", HttpStatusCode.BadRequest)]
    public async Task A_block_ends_while_instants_can_be_written_down(string until, HttpStatusCode status)
    {
        var answer = await RevokeAsync(new { subject = "alice" }, new { effect = "block", until });

        answer.Status.ShouldBe(status, answer.Text);
    }

    private VerdictKind VerdictOn(string access) => _authority.Read(access)!.Verdict.Kind;

    [Fact]
    public async Task A_broad_renew_says_beforehand_how_many_will_refresh_and_warns_if_that_is_a_flood()
    {
        _authority.Get<IOptions<AuthorityOptions>>().Value.MaxConcurrentRefreshes = 2;
        await StartTaggedAsync("acme");
        await StartTaggedAsync("acme");
        await StartTaggedAsync("acme");
        var tag = new { tag = new { name = "tenant", value = "acme" } };

        var atOnce = await RevokeAsync(tag, new { effect = "renew", dry_run = true });
        var spread = await RevokeAsync(tag, new { effect = "renew", dry_run = true, spread = 2 });
        var ended = await RevokeAsync(tag, new { dry_run = true });

        (Load(atOnce, "refreshes"), Load(atOnce, "per_second")).ShouldBe((3, 3));
        (Load(spread, "refreshes"), Load(spread, "per_second")).ShouldBe((3, 1.5));
        Codes(atOnce).ShouldBe(["RSC2104", "RSC2108"]);
        Codes(spread).ShouldBe(["RSC2104"]);
        ended.Json.TryGetProperty("load", out _).ShouldBeFalse();

        static double Load(Answer answer, string member) => answer.Json.GetProperty("load").GetProperty(member).GetDouble();
    }

    [Fact]
    public async Task A_spread_renew_is_carried_out_by_itself_and_whoever_refreshes_is_never_sent_twice()
    {
        var (old, refreshed) = (await StartTaggedAsync("acme"), await _authority.StartAsync(TaggedBody("acme")));
        var renewed = await _authority.RefreshAsync(refreshed["refresh_token"]!);

        var act = await RevokeAsync(
            new { tag = new { name = "tenant", value = "acme" } }, new { effect = "renew", spread = 1, confirm = 2 });
        var late = await _authority.RefreshAsync(renewed["refresh_token"]!);

        (act.Status, act.Json.GetProperty("spread").GetInt64()).ShouldBe((HttpStatusCode.Created, 1));
        while (VerdictOn(old) is VerdictKind.Valid)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        VerdictOn(old).ShouldBe(VerdictKind.Renew);
        VerdictOn(late["access_token"]!).ShouldBe(VerdictKind.Valid);
        (await _authority.GetAsync("/v1/revocations/" + act["id"], _admin)).Json.GetProperty("spread").GetInt64().ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"tag":{"name":"tenant","value":"acme"}}""", "end", "60")]
    [InlineData("""{"subject":"alice"}""", "renew", "60")]
    [InlineData("""{"client":"web"}""", "renew", """60,"before":"2026-01-01T00:00:00Z" """)]
    [InlineData("""{"client":"web"}""", "renew", "0")]
    [InlineData("""{"client":"web"}""", "renew", "-1")]
    [InlineData("""{"client":"web"}""", "renew", "301")]
    [InlineData("""{"client":"web"}""", "renew", "9223372036854775807")]
    [InlineData("""{"issuer":true}""", "renew", """60,"issuer":"https://undeclared.example" """)]
    public async Task What_cannot_be_spread_is_refused_and_nothing_is_written(string match, string effect, string spread)
    {
        await _authority.Get<IRegistryStore>().SaveIssuerAsync(
            new() { Issuer = "https://undeclared.example", Limits = new(null, null, 5, 30), Types = ["JWT"],
                Algorithms = ["RS256"] },
            AuditContext.System,
            CancellationToken.None);
        var before = _authority.Tail.Head;

        var answer = await _authority.PostJsonAsync(
            "/v1/revocations", _admin,
            $$"""{"match":{{match}},"reason":"test","dry_run":true,"effect":"{{effect}}","spread":{{spread}}}""");

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe("RSC2023");
        _authority.Tail.Head.ShouldBe(before);
    }

    private static string[] Codes(Answer answer) =>
        [.. answer.Json.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetProperty("code").GetString()!)];

    private async Task<string> StartTaggedAsync(string tenant) =>
        (await _authority.StartAsync(TaggedBody(tenant)))["access_token"]!;

    private static string TaggedBody(string tenant) =>
        $$$"""{"subject":"alice","audience":"orders","tags":{"tenant":"{{{tenant}}}"}}""";

    private Task<Answer> RevokeAsync(object match, object rest)
    {
        var body = rest as JsonObject ?? JsonSerializer.SerializeToNode(rest)!.AsObject();
        (body["match"], body["reason"]) = (JsonSerializer.SerializeToNode(match), "test");
        return _authority.PostJsonAsync("/v1/revocations", _admin, body.ToJsonString());
    }
}
