using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Sessions;

/// <summary>Introspection, the session, lists and the token endpoint say the same of a refresh token and its session.</summary>
public sealed class OneJudgementTests : IAsyncLifetime
{
    private const string Client = "orders-app";
    private const string Inactive = """{"active":false}""";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private AuthorityHost _host = null!;
    private string _admin = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(_time));
        await _host.AddClientAsync("api", ClientKind.Confidential, "introspect");
        await _host.AddClientAsync(Client, ClientKind.Public);
        _admin = await _host.BearerAsync("admin");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("nothing", "active", null)]
    [InlineData("renew", "active", null)]
    [InlineData("reauthenticate", "active", null)]
    [InlineData("session ended", "ended", "ended")]
    [InlineData("subject ended", "ended", "ended")]
    [InlineData("client ended", "ended", "ended")]
    [InlineData("tag ended", "ended", "ended")]
    [InlineData("claim ended", "ended", "ended")]
    [InlineData("audience ended", "ended", "ended")]
    [InlineData("issuer ended", "ended", "ended")]
    [InlineData("subject blocked", "blocked", "blocked")]
    [InlineData("client blocked", "blocked", "blocked")]
    [InlineData("tag blocked", "blocked", "blocked")]
    [InlineData("claim blocked", "blocked", "blocked")]
    [InlineData("block over", "active", null)]
    [InlineData("block lifted", "active", null)]
    [InlineData("blocked and ended", "ended", "ended")]
    [InlineData("idle", "expired", "expired")]
    [InlineData("idle and blocked", "blocked", "blocked")]
    public async Task Every_answer_about_a_session_is_the_one_of_the_token_endpoint(string what, string state, string? reason)
    {
        var session = await StartAsync();
        await DoAsync(what, session);
        _admin = await _host.BearerAsync("admin");

        var introspected = await IntrospectAsync(_host.RefreshTokens.Derive(session));
        var shown = await _host.GetAsync($"/v1/sessions/{session.Id}", _admin);
        var (listed, active) = (await ListedAsync(state), await ListedAsync("active"));
        var refreshed = await _host.PostFormAsync("/token", Form(session));

        (shown["state"], refreshed["reason"]).ShouldBe((state, reason), shown.Text);
        (refreshed["access_token"] is not null).ShouldBe(state is "active");
        (introspected.Text == Inactive).ShouldBe(state is not "active", introspected.Text);
        listed.ShouldContain(session.Id);
        active.Contains(session.Id).ShouldBe(state is "active");
        (string.IsNullOrEmpty(shown["ended_by"]), string.IsNullOrEmpty(shown["blocked_by"]))
            .ShouldBe((state is not "ended", state is not "blocked"));
        (state is "blocked" ? shown["blocked_by"] : shown["ended_by"]).ShouldBe(refreshed["explanation"] ?? "");
    }

    [Fact]
    public async Task A_refresh_token_is_active_for_as_long_as_it_would_be_answered()
    {
        var session = await StartAsync();
        var first = _host.RefreshTokens.Derive(session);
        var second = (await _host.PostFormAsync("/token", Form(first)))["refresh_token"]!;

        (await IntrospectAsync(first))["active"].ShouldBe("True");
        var third = (await _host.PostFormAsync("/token", Form(second)))["refresh_token"]!;
        (await IntrospectAsync(first)).Text.ShouldBe(Inactive);
        (await IntrospectAsync(second))["active"].ShouldBe("True");
        (await IntrospectAsync(third))["active"].ShouldBe("True");

        (await _host.PostFormAsync("/token", Form(second)))["refresh_token"].ShouldBe(third);
        (await _host.PostFormAsync("/token", Form(first)))["reason"].ShouldBe("reused");
    }

    [Fact]
    public async Task The_refresh_token_of_a_client_that_was_removed_is_not_active()
    {
        var session = await StartAsync();

        await _host.DeleteAsync($"/v1/clients/{Client}", _admin);

        (await IntrospectAsync(_host.RefreshTokens.Derive(session))).Text.ShouldBe(Inactive);
        (await _host.GetAsync($"/v1/sessions/{session.Id}", _admin))["state"].ShouldBe("ended");
    }

    [Fact]
    public async Task What_was_lifted_after_a_client_was_removed_gives_it_no_sessions_back()
    {
        var session = await StartAsync();
        var (admin, refresh) = (await _host.BearerAsync("admin"), _host.RefreshTokens.Derive(session));
        var access = (await _host.PostFormAsync("/token", Form(session)))["access_token"]!;
        await _host.DeleteAsync($"/v1/clients/{Client}", admin);
        var removal = (await _host.GetAsync($"/v1/sessions/{session.Id}", admin))["ended_by"];

        (await _host.DeleteAsync($"/v1/revocations/{removal}", admin)).Status.ShouldBe(HttpStatusCode.OK);

        (await IntrospectAsync(refresh)).Text.ShouldBe(Inactive);
        (await IntrospectAsync(access)).Text.ShouldBe(Inactive);
        (await _host.GetAsync($"/v1/sessions/{session.Id}", admin))["state"].ShouldBe("ended");
        (await ListedAsync("active")).ShouldNotContain(session.Id);
        (await ListedAsync("ended")).ShouldContain(session.Id);
        (await _host.PatchAsync($"/v1/sessions/{session.Id}", admin, """{"tags":{"tenant":"globex"}}""")).Status
            .ShouldBe(HttpStatusCode.Conflict);
        (await _host.PostFormAsync("/token", Form(session)))["access_token"].ShouldBeNull();
        (await _host.PostJsonAsync("/me/logout", access, "{}")).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_client_that_takes_the_name_of_a_removed_one_gets_none_of_its_sessions()
    {
        var session = await StartAsync();
        var admin = await _host.BearerAsync("admin");
        await _host.DeleteAsync($"/v1/clients/{Client}", admin);
        var removal = (await _host.GetAsync($"/v1/sessions/{session.Id}", admin))["ended_by"];
        await _host.DeleteAsync($"/v1/revocations/{removal}", admin);

        (await _host.PostJsonAsync("/v1/clients", admin, $$"""{"client_id":"{{Client}}","kind":"public"}""")).Status
            .ShouldBe(HttpStatusCode.Created);

        (await _host.GetAsync($"/v1/sessions/{session.Id}", admin))["state"].ShouldBe("ended");
        (await _host.PostFormAsync("/token", Form(session)))["reason"].ShouldBe("ended");
        (await IntrospectAsync(_host.RefreshTokens.Derive(await StartAsync())))["active"].ShouldBe("True");
    }

    [Fact]
    public async Task A_person_sees_a_blocked_session_only_on_request()
    {
        var session = await StartAsync();
        var mine = await _host.StartAsync($$"""{"subject":"alice","audience":"{{AuthorityHost.Issuer}}"}""");
        await DoAsync("client blocked", session);

        var (living, blocked) = (await _host.GetAsync("/me/sessions", mine["access_token"]),
            await _host.GetAsync("/me/sessions?state=blocked", mine["access_token"]));

        living.Json.GetProperty("sessions").EnumerateArray().Single().GetProperty("session_id").GetString()
            .ShouldBe(mine["session_id"]);
        blocked.Json.GetProperty("sessions").EnumerateArray().Single().GetProperty("session_id").GetString().ShouldBe(session.Id);
    }

    private async Task DoAsync(string what, Session session)
    {
        var until = _time.GetUtcNow().ToUnixTimeSeconds() + 600;
        await (what switch
        {
            "renew" => _host.RevokeAsync(Match.Subject("alice"), Effect.Renew),
            "reauthenticate" => _host.RevokeAsync(Match.Subject("alice"), Effect.Reauthenticate),
            "session ended" => _host.RevokeAsync(Match.Session(session.Id)),
            "subject ended" => _host.RevokeAsync(Match.Subject("alice")),
            "client ended" => _host.RevokeAsync(Match.Client(Client)),
            "tag ended" => _host.RevokeAsync(Match.Tag("tenant", "acme")),
            "claim ended" => _host.RevokeAsync(Match.Tag("groups", "2")),
            "audience ended" => _host.RevokeAsync(Match.Tag("aud", "orders")),
            "claim blocked" => _host.RevokeAsync(Match.Tag("groups", "2"), Effect.Block, until),
            "issuer ended" => _host.RevokeAsync(Match.Issuer),
            "client blocked" => _host.RevokeAsync(Match.Client(Client), Effect.Block, until),
            "tag blocked" => _host.RevokeAsync(Match.Tag("tenant", "acme"), Effect.Block, until),
            "block lifted" => LiftedBlockAsync(until),
            "nothing" or "idle" => Task.CompletedTask,
            "idle and blocked" => _host.RevokeAsync(Match.Subject("alice"), Effect.Block, until + 20 * 86400),
            _ => _host.RevokeAsync(Match.Subject("alice"), Effect.Block, until),
        });
        if (what is "blocked and ended")
        {
            await _host.RevokeAsync(Match.Session(session.Id));
        }

        _time.Advance(what switch
        {
            "block over" => TimeSpan.FromSeconds(601),
            "idle" or "idle and blocked" => TimeSpan.FromDays(14),
            _ => TimeSpan.Zero,
        });
    }

    private async Task LiftedBlockAsync(long until)
    {
        var block = (await _host.RevokeAsync(Match.Subject("alice"), Effect.Block, until)).Revocation!;
        await _host.Revocations.LiftAsync(block.Position, AuditContext.System, CancellationToken.None);
    }

    private async Task<Session> StartAsync()
    {
        var client = new ClientRecord
        {
            ClientId = Entropy.System.NextId(), Kind = ClientKind.Confidential, Scopes = ["sessions"], Clients = [Client],
        };
        await _host.Get<ClientRegistry>().AddAsync(client, AuditContext.System, CancellationToken.None);
        var started = await _host.PostJsonAsync(
            "/v1/sessions", _host.Tokens.IssueFor(client, client.Scopes, _host.Tail.Head.Position).Text,
            $$$"""
            {"subject":"alice","audience":"orders","client_id":"{{{Client}}}","tags":{"tenant":"acme"},
            "claims":{"groups":[1,2]}}
            """);
        return (await _host.Get<ISessionStore>().FindAsync(started["session_id"]!, CancellationToken.None))!;
    }

    private async Task<List<string>> ListedAsync(string state) =>
        [.. (await _host.GetAsync($"/v1/sessions?state={state}", _admin)).Json.GetProperty("sessions").EnumerateArray()
            .Select(session => session.GetProperty("session_id").GetString()!)];

    private Task<Answer> IntrospectAsync(string token) => _host.PostFormAsync("/introspect", $"token={token}", basic: "api");

    private string Form(Session session) => Form(_host.RefreshTokens.Derive(session));

    private static string Form(string token) => $"grant_type=refresh_token&client_id={Client}&refresh_token={token}";
}
