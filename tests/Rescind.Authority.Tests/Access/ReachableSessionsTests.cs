using System.Net;
using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>Whose sessions a client with the scope <c>sessions</c> reaches: <c>docs/access.md</c>, cell by cell.</summary>
public sealed class ReachableSessionsTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly string[] Answers = ["yes", "unknown"];

    private readonly AuthorityHost _host = shared.Host;

    public static TheoryData<string, string, string> Cells =>
    [
        .. AccessTable.Sessions.Skip(1).SelectMany(row => row.Skip(1).Zip(AccessTable.Sessions[0].Skip(1)).Select(cell =>
            new TheoryDataRow<string, string, string>(row[0], cell.Second, cell.First))),
    ];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_session_route_reaches_the_sessions_that_are_documented(string route, string whose, string cell)
    {
        var (bearer, owner) = await CallerAsync(whose);
        var session = await _host.StartSessionAsync(Entropy.System.NextId(), owner);
        cell.ShouldBeOneOf(Answers);

        var answer = await CallAsync(route, bearer, session);

        if (route == "GET /v1/sessions")
        {
            answer.Text.Contains(session.Id, StringComparison.Ordinal).ShouldBe(cell == "yes", answer.Text);
        }
        else if (cell == "yes")
        {
            answer.Response.IsSuccessStatusCode.ShouldBeTrue(answer.Text);
        }
        else
        {
            ShouldBeAsUnknown(answer, await CallAsync(route, bearer, session with { Id = "never" }));
            (await _host.Get<ISessionStore>().FindAsync(session.Id, CancellationToken.None))!.ShouldSatisfyAllConditions(
                left => left.EndedBy.ShouldBeNull(), left => left.Claims.ShouldBe(session.Claims));
        }
    }

    [Fact]
    public void The_document_says_so_of_every_session_route_but_that_which_starts_one() =>
        AccessTable.Sessions.Skip(1).Select(row => row[0]).Append("POST /v1/sessions").ShouldBe(
            AccessTable.Routes.Keys.Where(route => route.Contains(" /v1/sessions", StringComparison.Ordinal)), ignoreOrder: true);

    [Fact]
    public async Task A_list_has_the_reachable_sessions_of_all_subjects_through_all_pages_and_no_other()
    {
        var (bearer, owner) = await CallerAsync("of a client that its record lists");
        var mine = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            mine.Add((await _host.StartSessionAsync($"person {i}", owner)).Id);
            await _host.StartSessionAsync($"person {i}");
            await _host.StartSessionAsync($"person {i}");
        }

        var first = await _host.GetAsync("/v1/sessions?limit=3&state=active", bearer);
        var second = await _host.GetAsync($"/v1/sessions?limit=3&state=active&cursor={first["next"]}", bearer);

        IdsOf(first).Concat(IdsOf(second)).ShouldBe(mine.AsEnumerable().Reverse());
        (IdsOf(first).Count(), second["next"]).ShouldBe((3, ""));
    }

    [Fact]
    public async Task An_administrator_whose_token_asked_for_less_reaches_what_its_record_lists()
    {
        var admin = await _host.AddClientAsync(Entropy.System.NextId(), scopes: ScopeNames.Admin);
        var session = await _host.StartSessionAsync();
        var narrow = _host.Tokens.IssueFor(admin, [ScopeNames.Sessions], _host.Tail.Head.Position).Text;

        (await _host.GetAsync($"/v1/sessions/{session.Id}", narrow)).ShouldBeProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_client_that_is_taken_from_the_list_takes_its_sessions_along_at_the_next_request()
    {
        var client = await AddAsync(["web"]);
        var bearer = _host.Tokens.IssueFor(client, client.Scopes, _host.Tail.Head.Position).Text;
        var session = await _host.StartSessionAsync();
        (await _host.GetAsync($"/v1/sessions/{session.Id}", bearer)).Status.ShouldBe(HttpStatusCode.OK);

        await _host.PatchAsync($"/v1/clients/{client.ClientId}", await _host.BearerAsync(ScopeNames.Admin), """{"clients":[]}""");

        (await _host.DeleteAsync($"/v1/sessions/{session.Id}", bearer)).ShouldBeProblem(HttpStatusCode.NotFound);
        (await _host.GetAsync($"/v1/sessions?subject={session.Subject}", bearer)).Text.ShouldNotContain(session.Id);
    }

    [Fact]
    public async Task A_session_of_another_client_is_not_replaced()
    {
        var (bearer, _) = await CallerAsync("of its own");
        var session = await _host.StartSessionAsync("replaced");
        var own = _host.Read(bearer)!.Facts.ClientId;

        var answers = new[] { session.Id, "never" }.Select(id => _host.PostJsonAsync("/v1/sessions", bearer,
            $$"""{"subject":"replaced","audience":"orders","client_id":"{{own}}","replaces":"{{id}}"}""")).ToArray();

        ShouldBeAsUnknown(await answers[0], await answers[1]);
        (await _host.Get<ISessionStore>().FindAsync(session.Id, CancellationToken.None))!.EndedBy.ShouldBeNull();
    }

    private static void ShouldBeAsUnknown(Answer answer, Answer unknown) =>
        (answer.Status, answer["code"], answer["detail"]).ShouldBe((unknown.Status, unknown["code"], unknown["detail"]));

    private static IEnumerable<string> IdsOf(Answer answer) =>
        answer.Json.GetProperty("sessions").EnumerateArray().Select(session => session.GetProperty("session_id").GetString()!);

    private Task<Answer> CallAsync(string route, string bearer, Session session)
    {
        var path = route.Split(' ')[1].Replace("{id}", session.Id, StringComparison.Ordinal);
        return route.Split(' ')[0] switch
        {
            "PATCH" => _host.PatchAsync(path, bearer, """{"claims":{"role":"root"}}"""),
            "DELETE" => _host.DeleteAsync(path, bearer),
            _ => _host.GetAsync(path == "/v1/sessions" ? $"{path}?subject={session.Subject}" : path, bearer),
        };
    }

    /// <summary>The bearer token of a new client, and the client whose sessions are meant.</summary>
    private async Task<(string Bearer, string Owner)> CallerAsync(string whose)
    {
        if (whose == "as admin, of any client")
        {
            return (await _host.BearerAsync(ScopeNames.Admin), "web");
        }

        var listed = (await _host.AddClientAsync(Entropy.System.NextId())).ClientId;
        var client = await AddAsync([listed]);
        var owner = whose switch
        {
            "of its own" => client.ClientId, "of a client that its record lists" => listed, "of another client" => "web",
            _ => throw new ArgumentException(whose, nameof(whose)),
        };
        return (_host.Tokens.IssueFor(client, client.Scopes, _host.Tail.Head.Position).Text, owner);
    }

    private async Task<ClientRecord> AddAsync(string[] clients)
    {
        var client = new ClientRecord
        {
            ClientId = Entropy.System.NextId(), Kind = ClientKind.Confidential, SecretHash = ClientSecret.Hash("secret"),
            Scopes = [ScopeNames.Sessions], Clients = clients,
        };
        (await _host.Get<ClientRegistry>().AddAsync(client, AuditContext.System, CancellationToken.None)).ShouldBeTrue();
        return client;
    }
}
