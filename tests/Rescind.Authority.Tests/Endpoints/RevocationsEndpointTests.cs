using System.Net;
using System.Text.Json;
using CsCheck;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>/v1/revocations</c> over real HTTP, without verifiers.</summary>
public sealed class RevocationsEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    public async Task A_session_is_ended_and_the_answer_is_the_act()
    {
        var session = await _authority.StartSessionAsync();
        var access = _authority.AccessTokenOf(session);

        var answer = await PostAsync(Body("session", session.Id));

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer["id"].ShouldBe("rv_" + answer["position"]);
        (answer["issuer"], answer["effect"], answer["reason"]).ShouldBe((AuthorityHost.Issuer, "end", "lost laptop"));
        answer["actor"]!.ShouldStartWith("client:");
        answer.Json.GetProperty("match").GetProperty("session").GetString().ShouldBe(session.Id);
        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(1);
        answer.Json.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        answer.Json.TryGetProperty("in_force", out _).ShouldBeFalse();
        var (at, until) =
            (answer.Json.GetProperty("at").GetDateTimeOffset(), answer.Json.GetProperty("remember_until").GetDateTimeOffset());
        until.ShouldBeGreaterThan(at + TimeSpan.FromMinutes(5));
        (at.Offset, answer["at"]!.Length).ShouldBe((TimeSpan.Zero, answer["remember_until"]!.Length));
        _authority.Read(access)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task The_act_is_found_where_the_answer_says()
    {
        var answer = await PostAsync(Body("session", (await _authority.StartSessionAsync()).Id));
        var bearer = await _authority.BearerAsync("revoke");

        var found = await _authority.GetAsync(answer.Response.Headers.Location!.ToString(), bearer);

        (found.Status, found["id"], found["reason"]).ShouldBe((HttpStatusCode.OK, answer["id"], "lost laptop"));
        found.Json.GetProperty("in_force").GetProperty("behind").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Every_session_of_a_subject_ends_and_no_other_subjects()
    {
        var subject = Entropy.System.NextId();
        var sessions = new[] { await _authority.StartSessionAsync(subject), await _authority.StartSessionAsync(subject) };
        var other = _authority.AccessTokenOf(await _authority.StartSessionAsync(subject.ToLowerInvariant() + "x"));

        var answer = await PostAsync(Body("subject", subject));

        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(2);
        sessions.ShouldAllBe(session => _authority.Read(_authority.AccessTokenOf(session))!.Verdict.Kind == VerdictKind.Revoked);
        _authority.Read(other)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_whole_token_or_its_jti_ends_that_token_alone()
    {
        var session = await _authority.StartSessionAsync();
        var (whole, byId, other) =
            (_authority.AccessTokenOf(session), _authority.AccessTokenOf(session), _authority.AccessTokenOf(session));

        var first = await PostAsync(Body("token", whole));
        var second = await PostAsync(Body("token", _authority.Read(byId)!.Facts.TokenId!));

        first.Json.GetProperty("match").GetProperty("token").GetString().ShouldBe(_authority.Read(whole)!.Facts.TokenId);
        first.Text.ShouldNotContain(whole);
        (Warnings(first), Warnings(second).Length).ShouldBe(([], 1));
        _authority.Read(whole)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        _authority.Read(byId)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        _authority.Read(other)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_does_not_verify_revokes_nothing_and_is_not_repeated()
    {
        var token = _authority.AccessTokenOf(await _authority.StartSessionAsync());
        var before = _authority.Tail.Head.Position;

        foreach (var bad in new[] { token[..^4] + "AAAA", "a.b.c", "eyJhbGciOiJub25lIn0.eyJqdGkiOiJ4In0." })
        {
            var answer = await PostAsync(Body("token", bad));
            answer.ShouldBeProblem(HttpStatusCode.BadRequest);
            answer.Text.ShouldNotContain(bad);
        }

        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    public async Task A_refresh_token_is_not_taken_for_an_id_and_never_gets_into_the_log()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        var before = _authority.Tail.Head.Position;

        var answer = await PostAsync(Body("token", token));

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer.Text.ShouldNotContain(token);
        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Theory]
    [InlineData("session")]
    [InlineData("subject")]
    [InlineData("token")]
    public async Task What_nobody_knows_is_revoked_with_a_warning(string kind)
    {
        var answer = await PostAsync(Body(kind, Entropy.System.NextId()));

        answer.Status.ShouldBe(HttpStatusCode.Created);
        answer.Json.GetProperty("affected").GetProperty("sessions").GetInt64().ShouldBe(0);
        Warnings(answer).Single().ShouldMatch("^RSC21[0-9]{2}$");
    }

    [Theory]
    [InlineData("""{"match":{"subject":"a"},"reason":"x","effect":"nonsense"}""")]
    [InlineData("""{"match":{"subject":"a"},"reason":""}""")]
    [InlineData("""{"match":{"subject":"a"},"reason":"   "}""")]
    [InlineData("""{"match":{"subject":"a"}}""")]
    [InlineData("""{"match":{"subject":""},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":"\ud800"},"reason":"x"}""")]
    [InlineData("""{"match":{},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":"a","session":"b"},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":"a","subject":"b"},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":null},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":1},"reason":"x"}""")]
    [InlineData("""{"match":{"sub":"a"},"reason":"x"}""")]
    [InlineData("""{"match":{"subject":"a"},"reason":"x","befor":"2026-11-23T10:00:00Z"}""")]
    [InlineData("""{"reason":"x"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("")]
    public async Task What_is_malformed_is_a_400_with_a_code_and_never_ignored(string body)
    {
        var before = _authority.Tail.Head.Position;
        (await PostAsync(body)).ShouldBeProblem(HttpStatusCode.BadRequest);
        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    public async Task A_reason_or_value_longer_than_allowed_is_refused_and_the_longest_is_taken()
    {
        (await PostAsync(Body("subject", new('a', Match.MaxValueBytes + 1)))).ShouldBeProblem(HttpStatusCode.BadRequest);
        (await PostAsync(Body("subject", new('a', Match.MaxValueBytes)))).Status.ShouldBe(HttpStatusCode.Created);
        (await PostAsync(Body("subject", "long", new('r', 501)))).ShouldBeProblem(HttpStatusCode.BadRequest);
        (await PostAsync(Body("subject", "long", new('r', 500)))).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_caller_cannot_lock_itself_out()
    {
        var client = await _authority.AddClientAsync(Entropy.System.NextId(), scopes: "revoke");
        var bearer = _authority.Tokens.IssueFor(client, ["revoke"], _authority.Tail.Head.Position).Text;

        (await _authority.PostJsonAsync("/v1/revocations", bearer, Body("subject", "client:" + client.ClientId)))
            .ShouldBeProblem(HttpStatusCode.Conflict);
        (await _authority.PostJsonAsync("/v1/revocations", bearer, Body("subject", "somebody-else"))).Status
            .ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task An_API_client_whose_subject_was_ended_is_refused_until_it_gets_a_new_token()
    {
        var client = await _authority.AddClientAsync(Entropy.System.NextId(), scopes: "revoke");
        var bearer = _authority.Tokens.IssueFor(client, ["revoke"], _authority.Tail.Head.Position).Text;
        await _authority.PostJsonAsync(
            "/v1/revocations", await _authority.BearerAsync("revoke.broad"), Body("subject", "client:" + client.ClientId));

        (await _authority.GetAsync("/v1/revocations", bearer)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        var again = await _authority.PostFormAsync("/token", "grant_type=client_credentials", basic: client.ClientId);
        (await _authority.GetAsync("/v1/revocations", again["access_token"])).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("feed")]
    [InlineData("sessions")]
    [InlineData("introspect")]
    [InlineData("revoke.broad")]
    public async Task Another_scope_revokes_nothing(string scope) =>
        (await _authority.PostJsonAsync("/v1/revocations", await _authority.BearerAsync(scope), Body("subject", "a")))
            .ShouldBeProblem(HttpStatusCode.Forbidden);

    [Fact]
    public async Task The_same_key_and_body_get_the_same_answer_and_one_act()
    {
        var bearer = await _authority.BearerAsync("revoke");
        var body = Body("session", (await _authority.StartSessionAsync()).Id);
        var first = await _authority.PostJsonAsync("/v1/revocations", bearer, body, ("Idempotency-Key", "k-1"));
        var head = _authority.Tail.Head.Position;

        var respelled = body.Replace(":", " : ", StringComparison.Ordinal);
        var again = await _authority.PostJsonAsync("/v1/revocations", bearer, respelled, ("Idempotency-Key", "k-1"));

        (again.Status, again["id"]).ShouldBe((HttpStatusCode.Created, first["id"]));
        again.Text.ShouldBe(first.Text);
        _authority.Tail.Head.Position.ShouldBe(head);
    }

    [Fact]
    public async Task The_same_key_with_another_body_conflicts_and_another_callers_key_does_not()
    {
        var bearer = await _authority.BearerAsync("revoke");
        await _authority.PostJsonAsync("/v1/revocations", bearer, Body("subject", "one"), ("Idempotency-Key", "k-2"));

        (await _authority.PostJsonAsync("/v1/revocations", bearer, Body("subject", "two"), ("Idempotency-Key", "k-2")))
            .ShouldBeProblem(HttpStatusCode.Conflict);
        var other = await _authority.BearerAsync("revoke");
        var ofAnother = await _authority.PostJsonAsync(
            "/v1/revocations", other, Body("subject", "two"), ("Idempotency-Key", "k-2"));
        ofAnother.Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Sixty_four_parallel_requests_with_one_key_are_one_act()
    {
        var bearer = await _authority.BearerAsync("revoke");
        var body = Body("session", (await _authority.StartSessionAsync()).Id);
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() =>
            _authority.PostJsonAsync("/v1/revocations", bearer, body, ("Idempotency-Key", "k-3")))));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Created);
        answers.Select(answer => answer["id"]).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_key_that_is_too_long_is_refused()
    {
        var bearer = await _authority.BearerAsync("revoke");
        var answer = await _authority.PostJsonAsync(
            "/v1/revocations", bearer, Body("subject", "a"), ("Idempotency-Key", new('k', 256)));
        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Acts_are_listed_newest_first_in_pages_that_neither_repeat_nor_skip()
    {
        var subject = Entropy.System.NextId();
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Insert(0, (await PostAsync(Body("subject", subject)))["id"]!);
        }

        var (bearer, found, cursor) = (await _authority.BearerAsync("revoke"), new List<string>(), "");
        do
        {
            var page = await _authority.GetAsync($"/v1/revocations?subject={subject}&limit=2{cursor}", bearer);
            found.AddRange(
                page.Json.GetProperty("revocations").EnumerateArray().Select(act => act.GetProperty("id").GetString()!));
            cursor = page["next"] is { Length: > 0 } next ? "&cursor=" + next : "";
        }
        while (cursor.Length > 0);

        found.ShouldBe(made);
    }

    [Fact]
    public async Task A_page_ends_early_where_acts_spare_very_many_and_the_next_goes_on()
    {
        var subject = Entropy.System.NextId();
        for (var i = 0; i < 12; i++)
        {
            await _authority.Get<IRevocationStore>().RevokeAsync(
                new()
                {
                    Issuer = AuthorityHost.Issuer, Match = Match.Subject(subject), Effect = Effect.End, Reason = "test",
                    Except = [.. Enumerable.Range(0, 60).Select(id => $"{id}{new string('<', 1000)}")],
                    Audit = AuditContext.System,
                },
                TestContext.Current.CancellationToken);
        }

        var (bearer, pages, cursor) = (await _authority.BearerAsync("revoke"), new List<int>(), "");
        do
        {
            var page = await _authority.GetAsync($"/v1/revocations?subject={subject}&limit=200{cursor}", bearer);
            page.Text.Length.ShouldBeLessThan(1024 * 1024);
            pages.Add(page.Json.GetProperty("revocations").GetArrayLength());
            cursor = page["next"] is { Length: > 0 } next ? "&cursor=" + next : "";
        }
        while (cursor.Length > 0);

        (pages.Count, pages.Sum()).ShouldBe((6, 12));
    }

    [Theory]
    [InlineData("subject=filter-person", "filter-person")]
    [InlineData("client=filter-app", "filter-app")]
    [InlineData("tag=tenant:filter:acme", "filter:acme")]
    [InlineData("key=filter-key", "filter-key")]
    [InlineData("issuer=https://filter.example", "filter-foreign")]
    [InlineData("subject=filter-person&issuer=https://filter.example", null)]
    [InlineData("client=filter-person", null)]
    public async Task The_list_holds_what_the_query_names_and_nothing_else(string query, string? reason)
    {
        var admin = await _authority.BearerAsync("admin");
        await _authority.PostJsonAsync("/v1/issuers", admin, """{"issuer":"https://filter.example","max_token_lifetime":300}""");
        foreach (var (match, rest, why) in new[]
        {
            ("""{"subject":"filter-person"}""", "", "filter-person"),
            ("""{"client":"filter-app"}""", ""","confirm":0""", "filter-app"),
            ("""{"tag":{"name":"tenant","value":"filter:acme"}}""", ""","confirm":0""", "filter:acme"),
            ("""{"key":"filter-key"}""", ""","confirm":0""", "filter-key"),
            ("""{"subject":"somebody"}""", ""","issuer":"https://filter.example" """, "filter-foreign"),
        })
        {
            var done = await _authority.PostJsonAsync(
                "/v1/revocations", admin, $$"""{"match":{{match}},"reason":"{{why}}"{{rest}}}""");
            done.Status.ShouldBe(HttpStatusCode.Created, done.Text);
        }

        var page = await _authority.GetAsync("/v1/revocations?" + query, admin);

        page.Json.GetProperty("revocations").EnumerateArray().Select(act => act.GetProperty("reason").GetString()).Distinct()
            .ShouldBe(reason is null ? [] : [reason]);
    }

    [Theory]
    [InlineData("?limit=0")]
    [InlineData("?limit=1000000")]
    [InlineData("?limit=x")]
    [InlineData("?limit=1&limit=2")]
    [InlineData("?cursor=x")]
    [InlineData("?client=a&key=b")]
    [InlineData("?tag=tenant")]
    [InlineData("?tag=:acme")]
    [InlineData("?subject=a&session=b")]
    public async Task A_listing_that_does_not_hold_is_refused(string query) =>
        (await _authority.GetAsync("/v1/revocations" + query, await _authority.BearerAsync("revoke")))
            .ShouldBeProblem(HttpStatusCode.BadRequest);

    [Theory]
    [InlineData("rv_1")]
    [InlineData("rv_01")]
    [InlineData("rv_-1")]
    [InlineData("1")]
    [InlineData("rv_99999999999999999999")]
    public async Task An_act_that_is_not_there_is_404(string id) =>
        (await _authority.GetAsync("/v1/revocations/" + id, await _authority.BearerAsync("revoke")))
            .ShouldBeProblem(HttpStatusCode.NotFound);

    [Fact]
    public async Task No_text_whatever_makes_it_fail()
    {
        var bearer = await _authority.BearerAsync("revoke");
        await Gen.String[0, 60].SampleAsync(async text =>
        {
            var body = JsonSerializer.Serialize(
                new { match = new Dictionary<string, string> { ["subject"] = text }, reason = text });
            ((int)(await _authority.PostJsonAsync("/v1/revocations", bearer, body)).Status).ShouldBeLessThan(500);
            ((int)(await _authority.PostJsonAsync("/v1/revocations", bearer, text)).Status).ShouldBeInRange(400, 499);
        }, iter: 100);
    }

    private static string[] Warnings(Answer answer) =>
        [.. answer.Json.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetProperty("code").GetString()!)];

    private static string Body(string kind, string value, string reason = "lost laptop") =>
        JsonSerializer.Serialize(new { match = new Dictionary<string, string> { [kind] = value }, reason });

    private async Task<Answer> PostAsync(string body) =>
        await _authority.PostJsonAsync("/v1/revocations", await _authority.BearerAsync("revoke"), body);
}
