using System.Buffers.Text;
using System.Net;
using System.Text;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

public sealed class ClientsEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task A_confidential_client_is_answered_with_its_record_and_a_secret_that_gives_tokens_of_its_scopes()
    {
        var id = NewId();

        var answer = await RegisterAsync($$"""
            {"client_id":"{{id}}","kind":"confidential","scopes":["sessions","feed"],"clients":["web"],
             "issuers":["https://idp.example"],"origins":["https://shop.example"]}
            """);

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Text);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (answer["client_id"], answer["kind"], answer["scopes"], answer["clients"], answer["issuers"], answer["origins"])
            .ShouldBe((id, "confidential", """["sessions","feed"]""", """["web"]""", """["https://idp.example"]""",
                """["https://shop.example"]"""));
        Base64Url.DecodeFromChars(answer["client_secret"]).Length.ShouldBe(32);
        (await TokenAsync(id, answer["client_secret"]!))["scope"].ShouldBe("sessions feed");
    }

    [Fact]
    public async Task A_secret_is_shown_once_and_kept_as_a_hash()
    {
        var id = NewId();
        var secret = (await RegisterAsync($$"""{"client_id":"{{id}}","kind":"confidential"}"""))["client_secret"]!;

        var list = await _host.GetAsync("/v1/clients", await _host.BearerAsync("admin"));

        list.Text.ShouldContain(id);
        list.Text.ShouldNotContain("secret");
        var stored = (await _host.Get<IRegistryStore>().LoadAsync(CancellationToken.None)).Clients.Single(
            client => client.ClientId == id);
        stored.SecretHash!.Value.ToArray().ShouldBe(ClientSecret.Hash(secret));
    }

    [Fact]
    public async Task A_public_client_has_no_secret_and_may_own_sessions()
    {
        var id = NewId();

        var answer = await RegisterAsync($$"""{"client_id":"{{id}}","kind":"public"}""");

        (answer.Status, answer["client_secret"], answer["scopes"]).ShouldBe((HttpStatusCode.Created, null, "[]"));
        var session = await _host.StartSessionAsync(clientId: id);
        var form = $"grant_type=refresh_token&client_id={id}&refresh_token={_host.RefreshTokens.Derive(session)}";
        (await _host.PostFormAsync("/token", form)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_says_where_it_is_told_of_logouts_and_another_one_says_nothing()
    {
        var (told, other) = (NewId(), NewId());

        var answer = await RegisterAsync(
            $$"""{"client_id":"{{told}}","kind":"public","backchannel_logout_uri":"http://127.0.0.1:1/out?of=here"}""");
        await RegisterAsync($$"""{"client_id":"{{other}}","kind":"public"}""");

        answer["backchannel_logout_uri"].ShouldBe("http://127.0.0.1:1/out?of=here", answer.Text);
        var list = (await _host.GetAsync("/v1/clients", await _host.BearerAsync("admin"))).Json.GetProperty("clients")
            .EnumerateArray().ToList();
        list.Single(client => client.GetProperty("client_id").GetString() == told).GetProperty("backchannel_logout_uri")
            .GetString()
            .ShouldBe("http://127.0.0.1:1/out?of=here");
        list.Single(client => client.GetProperty("client_id").GetString() == other)
            .TryGetProperty("backchannel_logout_uri", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("https://shop.example/out", false, true)]
    [InlineData("http://127.0.0.1:1/out", true, true)]
    [InlineData("http://127.0.0.1:1/out", false, false)]
    [InlineData("http://shop.example/out", true, false)]
    public void A_logout_is_told_over_https_but_on_loopback_in_Development(string uri, bool development, bool holds) =>
        (ClientRules.Validate(new() { ClientId = "a", Kind = "public", BackchannelLogoutUri = uri }, development) is null)
            .ShouldBe(holds);

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict_and_changes_nothing()
    {
        var id = NewId();
        var first = await RegisterAsync($$"""{"client_id":"{{id}}","kind":"confidential","scopes":["feed"]}""");

        var second = await RegisterAsync($$"""{"client_id":"{{id}}","kind":"confidential","scopes":["admin"]}""");

        second.ShouldBeProblem(HttpStatusCode.Conflict);
        second["code"].ShouldBe("RSC1402");
        (await TokenAsync(id, first["client_secret"]!))["scope"].ShouldBe("feed");
    }

    [Theory]
    [InlineData("""{"client_id":"a"}""", "RSC1107")]
    [InlineData("""{"kind":"public"}""", "RSC1107")]
    [InlineData("""{"client_id":"a","kind":"Public"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"machine"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":""}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":1}""", "RSC1109")]
    [InlineData("""{"client_id":"","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":"a:b","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":"a/b","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":"ä","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":".","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":"..","kind":"public"}""", "RSC1401")]
    [InlineData("""{"client_id":"a23456789-123456789-123456789-123456789-123456789-123456789-12345","kind":"public"}""",
        "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","scopes":["feed"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"confidential","scopes":["Feed"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"confidential","scopes":["feed admin"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"confidential","scopes":[null]}""", "RSC1108")]
    [InlineData("""{"client_id":"a","kind":"confidential","scopes":"feed"}""", "RSC1109")]
    [InlineData("""{"client_id":"a","kind":"confidential","clients":["client:admin"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"confidential","issuers":["nowhere"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","origins":["*"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","origins":["null"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","origins":["https://shop.example/"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","origins":["https://user@shop.example"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","origins":["file:///x"]}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":""}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":"/out"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":"http://shop.example/out"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":"ftp://127.0.0.1/out"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":"https://user@shop.example/out"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":"https://shop.example/out#here"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","backchannel_logout_uri":["https://shop.example/out"]}""", "RSC1109")]
    [InlineData("""{"client_id":"a","kind":"confidential","client_secret":"of my own choice"}""", "RSC1401")]
    [InlineData("""{"client_id":"a","kind":"public","secret":"x"}""", "RSC1106")]
    public async Task A_record_that_does_not_hold_is_refused_with_its_code_and_registers_nothing(string body, string code)
    {
        var answer = await RegisterAsync(body);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe(code, answer.Text);
        _host.Get<ClientRegistry>().Find("a").ShouldBeNull();
    }

    [Fact]
    public async Task A_removed_client_has_no_rights_from_that_moment_and_is_removed_once()
    {
        var admin = await _host.BearerAsync("admin");
        var id = (await _host.AddClientAsync(NewId(), scopes: ["feed", "introspect"])).ClientId;
        var token = (await TokenAsync(id, AuthorityHost.SecretOf(id)))["access_token"]!;
        (await _host.GetAsync("/v1/verifiers", token)).Status.ShouldBe(HttpStatusCode.OK);

        var removed = await _host.DeleteAsync($"/v1/clients/{id}", admin);
        var again = await _host.DeleteAsync($"/v1/clients/{id}", admin);

        (removed.Status, again["code"]).ShouldBe((HttpStatusCode.NoContent, "RSC1403"));
        (await _host.GetAsync("/v1/verifiers", token)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await _host.PostFormAsync("/introspect", "token=x", basic: id))
            .ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        (await TokenAsync(id, AuthorityHost.SecretOf(id))).ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        var other = (await _host.AddClientAsync(NewId(), scopes: "introspect")).ClientId;
        (await _host.PostFormAsync("/introspect", $"token={token}", basic: other)).Text.ShouldBe("""{"active":false}""");
        (await _host.GetAsync("/v1/clients", admin)).Text.ShouldNotContain(id);
    }

    [Fact]
    public async Task A_new_client_of_the_same_name_does_not_inherit_the_tokens()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "feed")).ClientId;
        var token = (await TokenAsync(id, AuthorityHost.SecretOf(id)))["access_token"]!;
        await _host.DeleteAsync($"/v1/clients/{id}", await _host.BearerAsync("admin"));

        var secret =
            (await RegisterAsync($$"""{"client_id":"{{id}}","kind":"confidential","scopes":["feed"]}"""))["client_secret"]!;

        (await _host.GetAsync("/v1/verifiers", token)).ShouldBeProblem(HttpStatusCode.Unauthorized);
        (await _host.GetAsync("/v1/verifiers", (await TokenAsync(id, secret))["access_token"])).Status
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Nobody_gets_a_token_while_the_tokens_of_a_client_are_ended()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "feed")).ClientId;
        Answer? meanwhile = null;

        await _host.Get<ClientRegistry>().RemoveAsync(
            id, _ => null, AuditContext.System, EndTokensAsync, CancellationToken.None);

        meanwhile!.ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");

        async Task<long?> EndTokensAsync(ClientChange change, long from)
        {
            meanwhile = await TokenAsync(id, AuthorityHost.SecretOf(id));
            return await _host.Get<IRegistryStore>()
                .SaveClientAsync(change, from, AuditContext.System, CancellationToken.None);
        }
    }

    [Fact]
    public async Task A_client_whose_tokens_cannot_be_ended_stays()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "feed")).ClientId;

        await Should.ThrowAsync<StoreUnavailableException>(_host.Get<ClientRegistry>().RemoveAsync(
            id, _ => null, AuditContext.System, static (_, _) => throw new StoreUnavailableException("lost"),
            CancellationToken.None));

        (await TokenAsync(id, AuthorityHost.SecretOf(id))).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_cannot_remove_itself()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "admin")).ClientId;
        var token = (await TokenAsync(id, AuthorityHost.SecretOf(id)))["access_token"]!;

        var answer = await _host.DeleteAsync($"/v1/clients/{id}", token);

        answer.ShouldBeProblem(HttpStatusCode.Conflict);
        answer["code"].ShouldBe("RSC1404");
        (await _host.GetAsync("/v1/clients", token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task What_is_sent_of_a_record_replaces_what_was_there_and_the_rest_stays()
    {
        var id = NewId();
        var secret = (await RegisterAsync($$"""
            {"client_id":"{{id}}","kind":"confidential","scopes":["feed"],"clients":["web"],"issuers":["https://idp.example"],
             "origins":["https://shop.example"],"backchannel_logout_uri":"http://127.0.0.1:1/out"}
            """))["client_secret"]!;

        var moved = await ChangeAsync(
            id, """{"scopes":["introspect"],"backchannel_logout_uri":"http://127.0.0.1:1/elsewhere"}""");
        var emptied = await ChangeAsync(id, """{"clients":[],"issuers":[],"origins":[],"backchannel_logout_uri":""}""");

        (moved.Status, moved["kind"], moved["scopes"], moved["clients"], moved["issuers"], moved["origins"],
            moved["backchannel_logout_uri"])
            .ShouldBe((HttpStatusCode.OK, "confidential", """["introspect"]""", """["web"]""", """["https://idp.example"]""",
                """["https://shop.example"]""", "http://127.0.0.1:1/elsewhere"));
        emptied.Text.ShouldBe(
            $$"""{"client_id":"{{id}}","kind":"confidential","scopes":["introspect"],"clients":[],"issuers":[],"origins":[]}""");
        (await TokenAsync(id, secret))["scope"].ShouldBe("introspect");
    }

    [Fact]
    public async Task What_is_taken_from_a_client_its_tokens_cannot_do_any_more_and_what_is_given_they_can()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "feed introspect".Split(' '))).ClientId;
        var token = (await TokenAsync(id, AuthorityHost.SecretOf(id)))["access_token"]!;

        await ChangeAsync(id, """{"scopes":["introspect"]}""");
        var without = await _host.GetAsync("/v1/verifiers", token);
        await ChangeAsync(id, """{"scopes":["feed"]}""");
        var with = await _host.GetAsync("/v1/verifiers", token);

        (without.Status, with.Status).ShouldBe((HttpStatusCode.Forbidden, HttpStatusCode.OK));
    }

    [Fact]
    public async Task The_sessions_of_a_client_that_is_changed_go_on()
    {
        var id = NewId();
        await RegisterAsync($$"""{"client_id":"{{id}}","kind":"public"}""");
        var session = await _host.StartSessionAsync(clientId: id);

        (await ChangeAsync(id, """{"origins":["https://shop.example"]}"""))["kind"].ShouldBe("public");

        var form = $"grant_type=refresh_token&client_id={id}&refresh_token={_host.RefreshTokens.Derive(session)}";
        (await _host.PostFormAsync("/token", form)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("""{"scopes":["feed"]}""", "RSC1401")]
    [InlineData("""{"clients":["client:admin"]}""", "RSC1401")]
    [InlineData("""{"issuers":["nowhere"]}""", "RSC1401")]
    [InlineData("""{"origins":["https://shop.example","*"]}""", "RSC1401")]
    [InlineData("""{"backchannel_logout_uri":"http://shop.example/out"}""", "RSC1401")]
    [InlineData("""{"origins":["https://shop.example"],"kind":"confidential"}""", "RSC1106")]
    [InlineData("""{"client_id":"another"}""", "RSC1106")]
    [InlineData("""{"client_secret":"of my own choice"}""", "RSC1106")]
    [InlineData("{}", "RSC1401")]
    public async Task A_change_that_does_not_hold_is_refused_with_its_code_and_changes_nothing(string body, string code)
    {
        var id = NewId();
        await RegisterAsync($$"""{"client_id":"{{id}}","kind":"public","origins":["https://old.example"]}""");

        var answer = await ChangeAsync(id, body);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe(code, answer.Text);
        _host.Get<ClientRegistry>().Find(id)!.Origins.ShouldBe(["https://old.example"]);
    }

    [Fact]
    public async Task Nobody_can_change_a_client_that_is_not_there() =>
        (await ChangeAsync(NewId(), """{"scopes":[]}"""))["code"].ShouldBe("RSC1403");

    [Fact]
    public async Task A_client_cannot_take_administration_from_itself()
    {
        var id = (await _host.AddClientAsync(NewId(), scopes: "admin")).ClientId;
        var token = (await TokenAsync(id, AuthorityHost.SecretOf(id)))["access_token"]!;

        var kept = await _host.PatchAsync($"/v1/clients/{id}", token, """{"scopes":["admin","feed"]}""");
        var taken = await _host.PatchAsync($"/v1/clients/{id}", token, """{"scopes":["feed"]}""");

        kept.Status.ShouldBe(HttpStatusCode.OK);
        taken.ShouldBeProblem(HttpStatusCode.Conflict);
        taken["code"].ShouldBe("RSC1404");
    }

    private async Task<Answer> ChangeAsync(string id, string body) =>
        await _host.PatchAsync($"/v1/clients/{id}", await _host.BearerAsync("admin"), body);

    private async Task<Answer> RegisterAsync(string body) =>
        await _host.PostJsonAsync("/v1/clients", await _host.BearerAsync("admin"), body);

    private Task<Answer> TokenAsync(string id, string secret)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/token");
        request.Content = new StringContent("grant_type=client_credentials", Encoding.UTF8, "application/x-www-form-urlencoded");
        request.Headers.Authorization = AuthorityHost.Basic(id, secret);
        return _host.SendAsync(request);
    }

    private static string NewId() => "c-" + Entropy.System.NextId();
}
