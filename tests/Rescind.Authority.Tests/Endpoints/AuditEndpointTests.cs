using System.Net;
using System.Text.Json;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class AuditEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly string[] Members =
        ["position", "at", "actor", "action", "subject", "session", "match", "effect", "reason", "address", "request_id"];

    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task An_entry_says_what_was_done_by_whom_why_from_where_and_in_which_request()
    {
        var revoker = await _host.BearerAsync("revoke");
        var session = await _host.StartSessionAsync("audited");
        var act = await _host.PostJsonAsync(
            "/v1/revocations", revoker, $$"""{"match":{"session":"{{session.Id}}"},"reason":"laptop stolen"}""");

        var entry = (await ReadAsync($"session={session.Id}"))[^1];

        entry.EnumerateObject().Select(member => member.Name).ShouldBe(Members, ignoreOrder: true);
        (Text(entry, "position"), Text(entry, "actor"), Text(entry, "action"), Text(entry, "effect"), Text(entry, "reason"))
            .ShouldBe((act["position"], act["actor"], "revoked", "end", "laptop stolen"));
        (Text(entry, "subject"), Text(entry, "session"), Text(entry, "address")).ShouldBe(("audited", session.Id, "127.0.0.1"));
        entry.GetProperty("match").GetRawText().ShouldBe($$"""{"kind":"session","name":null,"value":"{{session.Id}}"}""");
        Text(entry, "at").ShouldNotBeNull().ShouldMatch("^....-..-..T..:..:..Z$");
        Text(entry, "request_id").ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Two_requests_have_two_ids_and_one_request_has_one()
    {
        var admin = await _host.BearerAsync("admin");
        var id = (await _host.AddClientAsync("twice", scopes: "feed")).ClientId;

        await _host.DeleteAsync($"/v1/clients/{id}", admin);
        await _host.PostJsonAsync("/v1/clients", admin, """{"client_id":"twice","kind":"public"}""");

        var ids = (await ReadAsync($"actor=client:{_host.Read(admin)!.Facts.ClientId}"))
            .Select(entry => Text(entry, "request_id")).ToList();
        ids.Count.ShouldBe(3);
        (ids[0] == ids[1], ids[1] == ids[2]).ShouldBe((true, false));
    }

    [Fact]
    public async Task It_is_filtered_by_subject_session_and_actor_and_by_all_of_them()
    {
        var starter = await _host.StarterAsync();
        var actor = $"client:{_host.Read(starter)!.Facts.ClientId}";
        var first = await StartAsync(starter, "filtered");
        await StartAsync(starter, "filtered");
        await StartAsync(starter, "Filtered");
        await _host.PostJsonAsync("/me/logout", first["access_token"]!, "{}");

        Actions(await ReadAsync("subject=filtered")).ShouldBe(["session.started", "session.started", "revoked"]);
        Actions(await ReadAsync($"session={first["session_id"]}")).ShouldBe(["session.started", "revoked"]);
        Actions(await ReadAsync($"actor={actor}")).ShouldBe(["session.started", "session.started", "session.started"]);
        Actions(await ReadAsync($"actor=subject:filtered&session={first["session_id"]}&subject=filtered")).ShouldBe(["revoked"]);
        (await ReadAsync($"actor={actor}&session={first["session_id"]}&subject=Filtered")).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_read_in_pages_oldest_first_without_a_gap_or_an_overlap()
    {
        var starter = await _host.StarterAsync();
        var ids = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((await StartAsync(starter, "paged"))["session_id"]);
        }

        var (read, next, pages) = (new List<JsonElement>(), "0", 0);
        while (next is { Length: > 0 } after && pages < 10)
        {
            var page = await GetAsync($"subject=paged&limit=2&after={after}");
            read.AddRange(page.Json.GetProperty("entries").EnumerateArray());
            (next, pages) = (page["next"], pages + 1);
        }

        read.Select(entry => Text(entry, "session")).ShouldBe(ids);
        read.Select(entry => entry.GetProperty("position").GetInt64()).ShouldBeInOrder();
        pages.ShouldBe(3);
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=1001")]
    [InlineData("limit=all")]
    [InlineData("after=x")]
    [InlineData("after=-1")]
    [InlineData("after=1&after=2")]
    [InlineData("actor=%ff")]
    public async Task A_query_that_does_not_hold_is_refused(string query)
    {
        var answer = await GetAsync(query);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe("RSC1110");
    }

    [Fact]
    public async Task No_token_or_secret_gets_into_it()
    {
        var started = await StartAsync(await _host.StarterAsync(), "secretive");
        var revoker = await _host.BearerAsync("revoke");
        var whole = $$"""{"match":{"token":"{{started["access_token"]}}"},"reason":"leaked"}""";
        (await _host.PostJsonAsync("/v1/revocations", revoker, whole)).Status.ShouldBe(HttpStatusCode.Created);
        var registered = await _host.PostJsonAsync(
            "/v1/clients", await _host.BearerAsync("admin"), """{"client_id":"secretive","kind":"confidential"}""");

        var all = (await GetAsync("limit=1000")).Text;

        new[] { started["access_token"]!, started["refresh_token"]!, registered["client_secret"]! }
            .ShouldAllBe(secret => !all.Contains(secret));
    }

    private async Task<Answer> GetAsync(string query) =>
        await _host.GetAsync($"/v1/audit?{query}", await _host.BearerAsync("admin"));

    private async Task<List<JsonElement>> ReadAsync(string query) =>
        [.. (await GetAsync(query)).Json.GetProperty("entries").EnumerateArray()];

    private Task<Answer> StartAsync(string bearer, string subject) =>
        _host.PostJsonAsync("/v1/sessions", bearer, $$"""{"subject":"{{subject}}","audience":"orders"}""");

    private static string? Text(JsonElement entry, string member) => entry.GetProperty(member).ToString();

    private static IEnumerable<string?> Actions(IEnumerable<JsonElement> entries) =>
        entries.Select(entry => Text(entry, "action"));
}
