using System.Globalization;
using System.Net;
using System.Text.Json;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class SessionsEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task A_session_with_everything_is_answered_shown_and_stands_in_its_token()
    {
        var bearer = await _host.StarterAsync();
        var login = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 86400;

        var started = await _host.PostJsonAsync("/v1/sessions", bearer, $$"""
            { "subject": "alice", "client_id": "web", "audience": ["orders", "stock"], "scope": "orders.read",
                "claims": { "role": "buyer", "deep": { "n": [1, 1.5] } },
              "tags": { "tenant": "acme" }, "device": { "name": "Alice's laptop", "user_agent": "UA", "address": "203.0.113.7" },
              "auth_time": {{login}}, "amr": ["pwd"], "acr": "1", "replaces": null }
            """);
        var shown = await _host.GetAsync($"/v1/sessions/{started["session_id"]}", bearer);

        started.Status.ShouldBe(HttpStatusCode.Created, started.Text);
        started.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        started.Json.EnumerateObject().Select(member => member.Name).ShouldBe(
            ["session_id", "subject", "access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_at"],
            ignoreOrder: true);
        started["token_type"].ShouldBe("Bearer");
        started["refresh_token"].ShouldNotBeNull().ShouldStartWith("rt_");
        started["refresh_expires_at"].ShouldNotBeNull().ShouldMatch("^....-..-..T..:..:..Z$");
        var token = _host.Read(started["access_token"]!)!;
        (token.Verdict.Kind, token.Facts.Subject, token.Facts.ClientId, token.Facts.AuthTime)
            .ShouldBe((VerdictKind.Valid, "alice", "web", login));
        token.Audience.ShouldBe(["orders", "stock"]);
        shown.Status.ShouldBe(HttpStatusCode.OK, shown.Text);
        shown.Text.ShouldNotContain(started["access_token"]!);
        (shown["state"], shown["generation"], shown["authenticated_at"]).ShouldBe(("active", "1",
            DateTimeOffset.FromUnixTimeSeconds(login).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture)));
        shown.Json.GetProperty("claims").GetProperty("deep").GetRawText().ShouldBe("""{"n":[1,1.5]}""");
        shown.Json.GetProperty("tags").GetProperty("tenant").GetString().ShouldBe("acme");
        shown.Json.GetProperty("device").GetProperty("user_agent").GetString().ShouldBe("UA");
    }

    [Fact]
    public async Task Subject_and_audience_are_enough()
    {
        var started = await _host.StartAsync("""{ "subject": "minimal", "audience": "orders" }""");

        started.Status.ShouldBe(HttpStatusCode.Created, started.Text);
        _host.Read(started["access_token"]!)!.Facts.ClientId.ShouldBe("web");
    }

    [Fact]
    public async Task A_new_refresh_token_refreshes()
    {
        var started = await _host.StartAsync("""{ "subject": "refresher", "audience": "orders" }""");

        (await _host.RefreshAsync(started["refresh_token"]!)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{ "audience": "orders" }""", 400, "RSC1107")]
    [InlineData("""{ "subject": "a" }""", 400, "RSC1107")]
    [InlineData("""{ "subject": "", "audience": "orders" }""", 400, "RSC1302")]
    [InlineData("""{ "subject": null, "audience": "orders" }""", 400, "RSC1108")]
    [InlineData("""{ "subject": 1, "audience": "orders" }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": 1 }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": null }""", 400, "RSC1108")]
    [InlineData("""{ "subject": "a", "audience": [] }""", 400, "RSC1302")]
    [InlineData("""{ "subject": "a", "audience": ["orders", null] }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "claims": [] }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "claims": { "sub": "b" } }""", 400, "RSC1301")]
    [InlineData("""{ "subject": "a", "audience": "orders", "claims": { "lpos": 1 } }""", 400, "RSC1301")]
    [InlineData("""{ "subject": "a", "audience": "orders", "claims": { "SID": 1 } }""", 400, "RSC1301")]
    [InlineData("""{ "subject": "a", "audience": "orders", "tags": { "client_id": "b" } }""", 400, "RSC1301")]
    [InlineData("""{ "subject": "a", "audience": "orders", "tags": { "tenant": "" } }""", 400, "RSC1302")]
    [InlineData("""{ "subject": "a", "audience": "orders", "tags": { "tenant": null } }""", 400, "RSC1108")]
    [InlineData("""{ "subject": "a", "audience": "orders", "tags": { "tenant": 1 } }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "tags": { "x": "1" }, "claims": { "x": 1 } }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "client_id": "nobody" }""", 400, "RSC1303")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 99999999999 }""", 400, "RSC1304")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 9223372036854775807 }""", 400, "RSC1304")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 9223372036854775808 }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 0 }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": -1 }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 1 }""", 400, "RSC1315")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": 1.5 }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "auth_time": "1767225600" }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "scope": "a  b" }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "scope": "ä" }""", 400, "RSC1313")]
    [InlineData("""{ "subject": "a", "audience": "orders", "device": { "nmae": "x" } }""", 400, "RSC1106")]
    [InlineData("""{ "subject": "a", "audience": "orders", "device": "x" }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "amr": "pwd" }""", 400, "RSC1109")]
    [InlineData("""{ "subject": "a", "audience": "orders", "replaces": "nothing" }""", 409, "RSC1311")]
    public async Task A_request_that_does_not_hold_is_refused_with_its_code_and_writes_nothing(
        string body, int status, string code)
    {
        var head = _host.Tail.Head;

        var answer = await _host.StartAsync(body);

        answer.ShouldBeProblem((HttpStatusCode)status);
        answer["code"].ShouldBe(code);
        _host.Tail.Head.ShouldBe(head);
    }

    [Fact]
    public async Task What_would_not_fit_into_a_token_is_refused()
    {
        var long1025 = new string('x', 1025);
        var tags = string.Join(",", Enumerable.Range(0, 17).Select(i => $"\"t{i}\":\"v\""));
        var audiences = string.Join(",", Enumerable.Range(0, 17).Select(i => $"\"a{i}\""));
        string[] bodies =
        [
            $$"""{ "subject": "{{long1025}}", "audience": "orders" }""",
            $$"""{ "subject": "a", "audience": "{{long1025}}" }""",
            $$"""{ "subject": "a", "audience": [{{audiences}}] }""",
            $$"""{ "subject": "a", "audience": "orders", "tags": { {{tags}} } }""",
            $$"""{ "subject": "a", "audience": "orders", "claims": { "x": "{{new string('x', 9000)}}" } }""",
            $$"""
            { "subject": "a", "audience": "orders", "claims": { "x": "{{string.Concat(Enumerable.Repeat("<", 2000))}}" } }
            """,
            $$"""{ "subject": "a", "audience": "orders", "device": { "name": "{{long1025}}" } }""",
        ];
        foreach (var body in bodies)
        {
            (await _host.StartAsync(body))["code"].ShouldBe("RSC1302", body[..60]);
        }
    }

    [Fact]
    public async Task The_largest_session_has_a_token_that_can_be_read()
    {
        var claims = new string('x', 7000);

        var started = await _host.StartAsync(
            $$"""{ "subject": "large", "audience": "orders", "claims": { "x": "{{claims}}" } }""");

        _host.Read(started["access_token"]!).ShouldNotBeNull().Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_replaces_another_ends_it()
    {
        var first = await _host.StartAsync("""{ "subject": "stepper", "audience": "orders" }""");
        var bearer = await _host.StarterAsync();

        var second = await _host.StartAsync(
            $$"""{ "subject": "stepper", "audience": "orders", "replaces": "{{first["session_id"]}}" }""");

        second.Status.ShouldBe(HttpStatusCode.Created, second.Text);
        (await _host.GetAsync($"/v1/sessions/{first["session_id"]}", bearer))["state"].ShouldBe("ended");
        _host.Read(first["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task A_login_from_before_the_end_of_its_subject_is_a_conflict_and_a_new_one_is_not()
    {
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 100;
        var end = await _host.RevokeAsync(Match.Subject("raced"));

        var late = await _host.StartAsync($$"""{ "subject": "raced", "audience": "orders", "auth_time": {{before}} }""");
        var fresh = await _host.StartAsync("""{ "subject": "raced", "audience": "orders" }""");

        late.ShouldBeProblem(HttpStatusCode.Conflict);
        late["code"].ShouldBe("RSC1310");
        late["explanation"].ShouldBe(end.Revocation!.Position.ToRevocationId());
        fresh.Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_blocked_subject_starts_no_session()
    {
        var block = await _host.RevokeAsync(
            Match.Subject("banned"), Effect.Block, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600);

        var answer = await _host.StartAsync("""{ "subject": "banned", "audience": "orders" }""");

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
        (answer["code"], answer["explanation"]).ShouldBe(("RSC1309", block.Revocation!.Position.ToRevocationId()));
    }

    [Fact]
    public async Task Sessions_are_listed_in_pages_newest_first_and_by_state()
    {
        var bearer = await _host.StarterAsync();
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Insert(0, (await _host.StartAsync("""{ "subject": "lister", "audience": "orders" }"""))["session_id"]!);
        }

        var first = await _host.GetAsync("/v1/sessions?subject=lister&limit=2", bearer);
        var second = await _host.GetAsync($"/v1/sessions?subject=lister&limit=2&cursor={first["next"]}", bearer);
        await _host.DeleteAsync($"/v1/sessions/{ids[0]}", bearer);
        var active = await _host.GetAsync("/v1/sessions?subject=lister&state=active", bearer);
        var ended = await _host.GetAsync("/v1/sessions?subject=lister&state=ended", bearer);

        IdsOf(first).Concat(IdsOf(second)).ShouldBe(ids);
        second.Json.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
        IdsOf(active).ShouldBe(ids[1..]);
        IdsOf(ended).ShouldBe([ids[0]]);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=201")]
    [InlineData("limit=x")]
    [InlineData("limit=1&limit=2")]
    [InlineData("limit=%31%30&limit=10")]
    [InlineData("state=dead")]
    [InlineData("cursor=x")]
    [InlineData("cursor=-1")]
    [InlineData("subject=%ff")]
    public async Task A_query_that_does_not_hold_is_refused(string query)
    {
        var answer = await _host.GetAsync("/v1/sessions?" + query, await _host.StarterAsync());

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe("RSC1110");
    }

    [Fact]
    public async Task Ending_a_session_is_idempotent_and_an_unknown_one_is_not_found()
    {
        var bearer = await _host.StarterAsync();
        var started = await _host.StartAsync("""{ "subject": "ender", "audience": "orders" }""");
        var path = $"/v1/sessions/{started["session_id"]}";

        var first = await _host.DeleteAsync(path, bearer);
        var second = await _host.DeleteAsync(path, bearer);
        var unknown = await _host.DeleteAsync("/v1/sessions/never", bearer);

        (first.Status, second.Status).ShouldBe((HttpStatusCode.NoContent, HttpStatusCode.NoContent));
        unknown.ShouldBeProblem(HttpStatusCode.NotFound);
        (await _host.GetAsync("/v1/sessions/never", bearer)).ShouldBeProblem(HttpStatusCode.NotFound);
        _host.Read(started["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        var shown = await _host.GetAsync(path, bearer);
        (shown["state"], shown["ended_by"]?[..3]).ShouldBe(("ended", "rv_"));
        (await _host.RefreshAsync(started["refresh_token"]!)).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static IEnumerable<string> IdsOf(Answer answer) =>
        answer.Json.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("session_id").GetString()!);
}
