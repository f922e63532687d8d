using System.Net;
using System.Text.Json;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>PATCH /v1/sessions/{id}</c>.</summary>
public sealed class SessionChangeTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task The_old_token_is_out_of_date_and_the_next_refresh_carries_the_change()
    {
        var started = await StartAsync(""" "claims": { "role": "buyer" }, "tags": { "tenant": "acme" } """);

        var changed = await ChangeAsync(started, """{ "claims": { "role": "seller" }, "tags": { "tenant": "globex" } }""");
        var refreshed = await _host.RefreshAsync(started["refresh_token"]!);

        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Text);
        var verdict = _host.Read(started["access_token"]!)!.Verdict;
        (verdict.Kind, verdict.By.ToRevocationId()).ShouldBe((VerdictKind.Renew, changed["revocation"]));
        _host.Read(refreshed["access_token"]!)!.Verdict.IsValid.ShouldBeTrue();
        var payload = PayloadOf(refreshed["access_token"]!);
        (payload.GetProperty("role").GetString(), payload.GetProperty("tenant").GetString()).ShouldBe(("seller", "globex"));
    }

    [Fact]
    public async Task The_answer_is_the_session_as_it_is_shown()
    {
        var started = await StartAsync(
            """ "claims": { "role": "buyer" }, "tags": { "tenant": "acme" }, "device": { "name": "laptop" } """);

        var changed = await ChangeAsync(started, """{ "tags": {}, "device": {} }""");

        changed.Json.GetProperty("session").GetRawText()
            .ShouldBe(
                (await _host.GetAsync($"/v1/sessions/{started["session_id"]}", await _host.StarterAsync())).Json.GetRawText());
        var session = changed.Json.GetProperty("session");
        session.GetProperty("claims").GetProperty("role").GetString().ShouldBe("buyer");
        session.GetProperty("tags").EnumerateObject().ShouldBeEmpty();
        session.GetProperty("device").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_device_alone_leaves_tokens_alone()
    {
        var started = await StartAsync("");

        var changed = await ChangeAsync(started, """{ "device": { "name": "tablet" } }""");

        changed.Status.ShouldBe(HttpStatusCode.OK, changed.Text);
        changed["revocation"].ShouldBeNull();
        _host.Read(started["access_token"]!)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Theory]
    [InlineData("{}", "RSC1313")]
    [InlineData("""{ "claims": null }""", "RSC1313")]
    [InlineData("""{ "claims": [] }""", "RSC1313")]
    [InlineData("""{ "claims": { "tenant": 1 } }""", "RSC1313")]
    [InlineData("""{ "claims": { "sub": "b" } }""", "RSC1301")]
    [InlineData("""{ "tags": { "sid": "b" } }""", "RSC1301")]
    [InlineData("""{ "tags": { "tenant": "" } }""", "RSC1302")]
    [InlineData("""{ "device": { "name": "" } }""", "RSC1302")]
    [InlineData("""{ "subject": "b" }""", "RSC1106")]
    public async Task What_could_not_have_been_started_is_refused_and_nothing_is_written(string body, string code)
    {
        var started = await StartAsync(""" "tags": { "tenant": "acme" } """);
        var head = _host.Tail.Head;

        var answer = await ChangeAsync(started, body);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe(code);
        _host.Tail.Head.ShouldBe(head);
    }

    [Fact]
    public async Task Too_much_is_refused_even_where_each_change_alone_would_fit()
    {
        var started = await StartAsync($$""" "claims": { "x": "{{new string('x', 7900)}}" } """);
        var tags = string.Join(",", Enumerable.Range(0, 40).Select(i => $"\"t{i}\":\"v\""));

        (await ChangeAsync(started, $$"""{ "tags": { "y": "{{new string('y', 1000)}}" } }"""))["code"].ShouldBe("RSC1302");
        (await ChangeAsync(started, $$"""{ "tags": { {{tags}} } }"""))["code"].ShouldBe("RSC1302");
    }

    [Fact]
    public async Task There_are_as_many_values_as_are_looked_up_at_a_refresh_and_not_one_more()
    {
        var started = await StartAsync($$""" "tags": { "tenant": "acme" }, "claims": { "x": {{Numbers(255)}} } """);

        started.Status.ShouldBe(HttpStatusCode.Created, started.Text);
        (await StartAsync($$""" "claims": { "x": {{Numbers(200)}}, "y": {{Numbers(57)}} } """))["code"].ShouldBe("RSC1302");
        (await ChangeAsync(started, """{ "tags": { "tenant": "acme", "device": "phone" } }"""))["code"].ShouldBe("RSC1302");
        (await ChangeAsync(started, $$"""{ "claims": { "x": {{Numbers(256)}} } }"""))["code"].ShouldBe("RSC1302");
    }

    [Fact]
    public async Task A_session_of_before_that_has_more_values_is_read_and_refreshed()
    {
        var started = await StartAsync("");
        var change = new SessionChange
        {
            SessionId = started["session_id"]!, Claims = $$"""{"x":{{Numbers(300)}}}""", Allows = _ => true,
            Audit = AuditContext.System,
        };
        (await _host.Get<ISessionStore>().ChangeAsync(change, TestContext.Current.CancellationToken)).Result
            .ShouldBe(ChangeResult.Changed);

        var refreshed = await _host.RefreshAsync(started["refresh_token"]!);

        refreshed.Status.ShouldBe(HttpStatusCode.OK, refreshed.Text);
        PayloadOf(refreshed["access_token"]!).GetProperty("x").GetArrayLength().ShouldBe(300);
        (await _host.GetAsync($"/v1/sessions/{started["session_id"]}", await _host.StarterAsync())).Status
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_that_was_ended_is_a_conflict_which_names_what_ended_it()
    {
        var started = await StartAsync("");
        var act = await _host.RevokeAsync(Match.Session(started["session_id"]!));

        var answer = await ChangeAsync(started, """{ "claims": {} }""");

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
        (answer["code"], answer["explanation"]).ShouldBe(("RSC1317", act.Revocation!.Position.ToRevocationId()));
    }

    [Fact]
    public async Task A_block_is_a_conflict_which_names_the_block()
    {
        var started = await StartAsync("");
        var block = await _host.RevokeAsync(
            Match.Tag("tenant", "barred"), Effect.Block, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600);

        var answer = await ChangeAsync(started, """{ "tags": { "tenant": "barred" } }""");

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
        (answer["code"], answer["explanation"]).ShouldBe(("RSC1309", block.Revocation!.Position.ToRevocationId()));
    }

    [Fact]
    public async Task A_session_that_never_was_is_not_found() =>
        (await _host.ChangeAsync("never", """{ "claims": {} }""")).ShouldBeProblem(HttpStatusCode.NotFound);

    private static string Numbers(int count) => $"[{string.Join(',', Enumerable.Range(0, count))}]";

    private static JsonElement PayloadOf(string token) =>
        JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;

    private async Task<Answer> StartAsync(string more) => await _host.StartAsync(
        $$"""{ "subject": "changer", "audience": "orders"{{(more.Length == 0 ? "" : "," + more)}} }""");

    private Task<Answer> ChangeAsync(Answer started, string body) => _host.ChangeAsync(started["session_id"]!, body);
}
