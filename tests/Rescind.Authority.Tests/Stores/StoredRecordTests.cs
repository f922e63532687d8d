using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Stores;

/// <summary>
/// Every record that is kept as JSON, read back without each of its optional members, with more members than this
/// version knows, and damaged: whatever depends on it works, or says which row it is.
/// </summary>
public sealed class StoredRecordTests : IDisposable
{
    private const string Login =
        """
        {"subject":"alice","client_id":"web","audience":"orders","scope":"orders.read","claims":{"plan":"pro"},
        "tags":{"tenant":"acme"},"device":{"name":"laptop","user_agent":"browser","address":"10.0.0.1"},"amr":["pwd"],"acr":"1"}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly LogLines _log = new();

    public void Dispose()
    {
        _folder.Dispose();
        _log.Dispose();
    }

    [Theory]
    [InlineData("scope = null")]
    [InlineData("tags = null")]
    [InlineData("tags = 'null'")]
    [InlineData("tags = '[]'")]
    [InlineData("""tags = '[{"Name":"tenant","Value":"acme","Since":1,"Later":{"x":[null]}}]'""")]
    [InlineData("device_name = null")]
    [InlineData("device_agent = null")]
    [InlineData("device_address = null")]
    [InlineData("device_name = null, device_agent = null, device_address = null")]
    [InlineData("amr = null")]
    [InlineData("amr = 'null'")]
    [InlineData("acr = null")]
    [InlineData("claims = 'null'")]
    [InlineData("claims = '{}'")]
    [InlineData("""claims = '{"later":{"x":[null]},"plan":null}'""")]
    public async Task A_session_without_an_optional_member_is_refreshed_shown_changed_and_ended(string change)
    {
        await using var host = await StartAsync();
        var (session, refreshToken) = await LogInAsync(host);
        var admin = await host.BearerAsync("admin");
        var api = await host.BearerAsync("introspect");
        Execute($"update sessions set {change}").ShouldBe(1);

        (await host.GetAsync($"/v1/sessions/{session}", admin)).Status.ShouldBe(HttpStatusCode.OK);
        (await host.GetAsync("/v1/sessions?subject=alice", admin)).Text.ShouldContain(session);
        (await host.PostFormAsync("/introspect", $"token={refreshToken}", bearer: api))["active"].ShouldBe("True");
        var refreshed = await host.RefreshAsync(refreshToken);
        refreshed.Status.ShouldBe(HttpStatusCode.OK, refreshed.Text);
        host.Read(refreshed["access_token"]!).ShouldNotBeNull();
        (await host.ChangeAsync(session, """{"tags":{"tenant":"other"}}""")).Status.ShouldBe(HttpStatusCode.OK);
        (await host.DeleteAsync($"/v1/sessions/{session}", admin)).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("audience", "null")]
    [InlineData("audience", "{}")]
    [InlineData("audience", "[null]")]
    [InlineData("audience", "[1]")]
    [InlineData("audience", "[\"orders\"")]
    [InlineData("claims", "[]")]
    [InlineData("claims", "\"x\"")]
    [InlineData("claims", "{\"plan\":")]
    [InlineData("amr", "{}")]
    [InlineData("amr", "[null]")]
    public async Task A_session_that_no_token_can_be_made_of_is_named_in_the_log_and_can_still_be_ended(
        string column, string json)
    {
        await using var host = await StartAsync();
        var (session, refreshToken) = await LogInAsync(host);
        Execute($"update sessions set {column} = '{json}'").ShouldBe(1);

        await ShouldBeUnavailableAsync(host, session, refreshToken, column);
        (await host.RevokeAsync(Match.Subject("alice"))).Sessions.ShouldBe(1);
        (await host.RevokeAsync(Match.Session(session))).Revocation.ShouldNotBeNull();
        (await host.RevokeAsync(Match.Issuer)).Revocation.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[\"tenant\"]")]
    [InlineData("""[{"Value":"acme","Since":1}]""")]
    [InlineData("""[{"Name":"tenant","Since":1}]""")]
    [InlineData("""[{"Name":"tenant","Value":"acme"}]""")]
    [InlineData("""[{"Name":null,"Value":"acme","Since":1}]""")]
    [InlineData("""[{"Name":"tenant","Value":null,"Since":1}]""")]
    [InlineData("""[{"Name":"tenant","Value":"acme","Since":null}]""")]
    [InlineData("""[{"Name":"tenant","Value":1,"Since":1}]""")]
    [InlineData("""[{"Name":"tenant","Value":"acme","Since":1,"Since":2}]""")]
    public async Task A_session_that_cannot_be_judged_is_named_in_the_log(string tags)
    {
        await using var host = await StartAsync();
        var (session, refreshToken) = await LogInAsync(host);
        Execute($"update sessions set tags = '{tags}'").ShouldBe(1);

        await ShouldBeUnavailableAsync(host, session, refreshToken, "tags");
    }

    [Theory]
    [InlineData("null", HttpStatusCode.OK)]
    [InlineData("'null'", HttpStatusCode.OK)]
    [InlineData("'{}'", HttpStatusCode.ServiceUnavailable)]
    [InlineData("'[null]'", HttpStatusCode.ServiceUnavailable)]
    [InlineData("'['", HttpStatusCode.ServiceUnavailable)]
    public async Task An_act_is_read_without_the_sessions_that_it_spares(string except, HttpStatusCode expected)
    {
        await using var host = await StartAsync();
        var (session, _) = await LogInAsync(host);
        var admin = await host.BearerAsync("admin", "revoke");
        var act = await host.PostJsonAsync(
            "/v1/revocations", admin, $$"""{"match":{"subject":"alice"},"except":["{{session}}"],"reason":"a thief"}""");
        Execute($"update acts set except_sessions = {except}").ShouldBe(1);

        (await host.GetAsync($"/v1/revocations/{act["id"]}", admin)).Status.ShouldBe(expected);
        (await host.GetAsync("/v1/revocations", admin)).Status.ShouldBe(expected);
        if (expected is not HttpStatusCode.OK)
        {
            _log.Text.ShouldContain($"except_sessions of the row {act["id"]} of acts");
        }
    }

    [Theory]
    [InlineData("scopes = 'null', clients = 'null', issuers = 'null', origins = 'null'")]
    [InlineData("logout_uri = null, logout_since = null, old_secret_hash = null, old_secret_until = null, verifiers = null")]
    [InlineData("old_secret_until = null")]
    [InlineData("secret_hash = null")]
    public async Task A_client_without_an_optional_member_has_its_default(string change)
    {
        await using (await StartAsync())
        {
            Execute($"update clients set {change} where id = 'web'").ShouldBe(1);
        }

        await using var host = await StartAsync();
        (await host.GetAsync("/v1/clients", await host.BearerAsync("admin"))).Text.ShouldContain("\"web\"");
        var (_, refreshToken) = await LogInAsync(host);
        (await host.RefreshAsync(refreshToken)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("clients", "scopes = '{}'", "scopes of the row web of clients")]
    [InlineData("clients", "clients = '[null]'", "clients of the row web of clients")]
    [InlineData("clients", "issuers = '[1]'", "issuers of the row web of clients")]
    [InlineData("clients", "origins = '['", "origins of the row web of clients")]
    [InlineData("issuers", "record = 'null'", "record of the row http://127.0.0.1:7070 of issuers")]
    [InlineData("issuers", "record = '[]'", "record of the row http://127.0.0.1:7070 of issuers")]
    [InlineData("issuers", "record = json_remove(record, '$.limits')", "record of the row http://127.0.0.1:7070 of issuers")]
    [InlineData("issuers", "record = json_set(record, '$.types', 'at+jwt')",
        "record of the row http://127.0.0.1:7070 of issuers")]
    [InlineData("keys", "public_jwk = 'null'", "is not the one that its row names")]
    [InlineData("keys", "public_jwk = null", "is not the one that its row names")]
    [InlineData("keys", "public_jwk = '{}'", "is not the one that its row names")]
    [InlineData("keys", "public_jwk = json_remove(public_jwk, '$.x')", "is not the one that its row names")]
    [InlineData("keys", "public_jwk = substr(public_jwk, 2)", "is not the one that its row names")]
    public async Task A_record_without_what_it_must_have_stops_the_start_with_a_sentence(
        string table, string change, string named)
    {
        await using (await StartAsync())
        {
            var key = table == "clients" ? "id = 'web'" : table == "keys" ? "state = 1" : $"issuer = '{AuthorityHost.Issuer}'";
            Execute($"update {table} set {change} where {key}").ShouldBe(1);
        }

        await using var app = AuthorityServer.Create(
            new() { Urls = "http://127.0.0.1:0", Data = _folder.Path, Issuer = AuthorityHost.Issuer },
            builder => builder.Logging.ClearProviders());
        var refusal = await Should.ThrowAsync<Exception>(
            () => AuthorityServer.StartAsync(app, TestContext.Current.CancellationToken));

        refusal.Message.ShouldStartWith("RSC1008 ");
        refusal.Message.ShouldContain(named);
    }

    [Fact]
    public async Task Keys_with_more_members_than_this_version_knows_sign_and_are_rotated()
    {
        await using (await StartAsync())
        {
            Execute("update keys set public_jwk = json_set(public_jwk, '$.later', json('{\"x\":[null]}')) "
                + "where public_jwk is not null");
        }

        await using var host = await StartAsync();
        var (_, refreshToken) = await LogInAsync(host);
        (await host.PostJsonAsync("/v1/keys/rotate", await host.BearerAsync("admin"), "{}")).Status.ShouldBe(HttpStatusCode.OK);
        host.Read((await host.RefreshAsync(refreshToken))["access_token"]!).ShouldNotBeNull();
        (await host.GetAsync("/.well-known/jwks.json")).Text.ShouldContain("later");
    }

    [Fact]
    public async Task An_issuer_without_an_optional_member_or_with_an_unknown_one_is_listed_revoked_for_and_saved_again()
    {
        string[] issuers;
        await using (var host = await StartAsync())
        {
            (await host.PostJsonAsync("/v1/issuers", await host.BearerAsync("admin"),
                """
                {"issuer":"https://idp.example","max_token_lifetime":300,"jwks_uri":"https://idp.example/k",
                "logout_audiences":["app"]}
                """))
                .Status.ShouldBe(HttpStatusCode.Created);
            issuers = AddVariants();
        }

        await using var again = await StartAsync();
        var admin = await again.BearerAsync("admin", "revoke");
        var listed = (await again.GetAsync("/v1/issuers", admin)).Text;
        foreach (var issuer in issuers)
        {
            listed.ShouldContain($"\"{issuer}\"");
            (await again.RevokeAsync(Match.Subject("bob"), issuer: issuer)).Revocation.ShouldNotBeNull(issuer);
            (await again.PostJsonAsync("/v1/issuers", admin, $$"""{"issuer":"{{issuer}}","max_token_lifetime":60}"""))
                .Status.ShouldBe(HttpStatusCode.OK, issuer);
        }
    }

    // The stored record once more under another name for each member: without it, with null, and one with a member of later.
    private string[] AddVariants()
    {
        string[] required = ["issuer", "limits", "types", "algorithms"];
        var full = JsonNode.Parse((string)Scalar("select record from issuers where issuer = 'https://idp.example'"))!.AsObject();
        var variants = full.Select(member => member.Key).Except(required)
            .SelectMany(name => new (string Name, Action<JsonObject> Change)[]
            {
                ($"{name}-missing", json => json.Remove(name)), ($"{name}-null", json => json[name] = null),
            })
            .Append(("later", json => json["later"] = new JsonObject { ["x"] = new JsonArray((JsonNode?)null) }))
            .Append(("claims-later", json => json["claims"]!["later"] = 1))
            .Append(("claims-empty", json => json["claims"] = new JsonObject())).ToList();
        foreach (var (name, change) in variants)
        {
            var record = full.DeepClone().AsObject();
            record["issuer"] = $"https://idp.example/{name}";
            change(record);
            Execute(
                $"""
                insert into issuers select '{record["issuer"]}', position, at, '{record.ToJsonString()}', 0
                from issuers where issuer = 'https://idp.example'
                """);
        }

        return [.. variants.Select(variant => $"https://idp.example/{variant.Name}")];
    }

    private Task<AuthorityHost> StartAsync() => AuthorityHost.StartAsync(
        services => services.AddSingleton<ILoggerProvider>(_log), _folder.Path);

    private static async Task<(string Session, string RefreshToken)> LogInAsync(AuthorityHost host)
    {
        var started = await host.StartAsync(Login);
        started.Status.ShouldBe(HttpStatusCode.Created, started.Text);
        return (started["session_id"]!, started["refresh_token"]!);
    }

    private async Task ShouldBeUnavailableAsync(AuthorityHost host, string session, string refreshToken, string column)
    {
        var refused = await host.RefreshAsync(refreshToken);
        (refused.Status, refused["error"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), refused.Text);
        var shown = await host.GetAsync($"/v1/sessions/{session}", await host.BearerAsync("admin"));
        shown.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        _log.Text.ShouldContain(
            $"RSC1008 The database is damaged, or is none of Rescind. The column {column} of the row {session} of sessions");
    }

    private int Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    private object Scalar(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar()!;
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, "rescind.db")};Pooling=False");
        connection.Open();
        return connection;
    }
}
