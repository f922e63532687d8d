using System.Net;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Access;

/// <summary>
/// A client with the scope <c>sessions</c> cannot obtain anything that <c>/v1</c> accepts beyond its scopes, in any spelling.
/// </summary>
public sealed class BeyondItsScopesTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    public static TheoryData<string, string> Refused =>
    [
        .. Of("RSC1305", Spellings.Audiences.SelectMany(Spellings.Json)
            .SelectMany(json => Bodies("audience", json, $"[\"orders\",{json}]"))),
        .. Of("RSC1306", Spellings.Scopes.SelectMany(Spellings.Json).SelectMany(json => Bodies("scope", json))),
        .. Of("RSC1307", Spellings.Subjects.SelectMany(Spellings.Json).SelectMany(json => Bodies("subject", json))),
        .. Of("RSC1301", Spellings.Claims.SelectMany(Spellings.Json).SelectMany(json => (string[])
            [.. Bodies("claims", $"{{\"x\":{{}},{json}:\"y\"}}"), .. Bodies("tags", $"{{\"x\":\"1\",{json}:\"y\"}}")])),
        .. Of("RSC1308", Bodies("client_id", "\"admin\"", "\"\\u0061dmin\"")),
        .. Of("RSC1303", Spellings.Clients.SelectMany(Spellings.Json).SelectMany(json => Bodies("client_id", json))),
        .. Spellings.Broken.SelectMany(broken => Of(broken.Code, Bodies(broken.Member, broken.Json))),
    ];

    public static TheoryData<string> Harmless =>
    [
        .. Spellings.OtherAudiences.SelectMany(Spellings.Json)
            .SelectMany(json => Bodies("audience", json, $"[\"orders\",{json}]")),
        .. Spellings.BrokenScopes.SelectMany(Spellings.Json).SelectMany(json => Bodies("scope", json)),
        .. Spellings.OtherSubjects.SelectMany(Spellings.Json).SelectMany(json => Bodies("subject", json)),
        .. Bodies("scope", "\"sessions.read administer\""),
        .. Bodies(
            "claims",
            """
            {"scp":["admin"],"scopes":"admin","azp":"admin","cid":"admin","roles":["admin"],"typ":"at+jwt","a":{"aud":"x"}}
            """),
        .. Bodies("tags", """{"scp":"admin","cid":"admin","roles":"admin","kid":"x","alg":"none"}"""),
    ];

    public static TheoryData<string, string> Forms => new()
    {
        { "grant_type=client_credentials&scope=admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions+admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions%20revoke", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions%09admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions%0Aadmin", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions,admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions%C2%A0admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=Sessions", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions%00admin", "invalid_scope" },
        { "grant_type=client_credentials&scope=%2561dmin", "invalid_scope" },
        { "grant_type=client_credentials&scope=*", "invalid_scope" },
        { "grant_type=client_credentials&scope=orders", "invalid_scope" },
        { "grant_type=client_credentials&scope=sessions&scope=admin", "invalid_request" },
        { "grant_type=client_credentials&scope=sessions&%73cope=admin", "invalid_request" },
        { "grant_type=client_credentials&grant_type=client_credentials&scope=sessions", "invalid_request" },
        { "grant_type=client_credentials&scope=%C3", "invalid_request" },
        { "grant_type=client_credentials&client_id=admin", "invalid_request" },
        { "grant_type=client_credentials&client_secret=x", "invalid_request" },
        { "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x&scope=admin", "unsupported_grant_type" },
        { "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x&scope=admin", "unsupported_grant_type" },
        { "grant_type=Client_Credentials&scope=admin", "unsupported_grant_type" },
        { "grant_type=refresh_token&refresh_token={0}&scope=orders.read+sessions", "invalid_scope" },
        { "grant_type=refresh_token&refresh_token={0}&scope=admin", "invalid_scope" },
        { "grant_type=refresh_token&refresh_token={0}&scope=ORDERS.READ", "invalid_scope" },
        { "grant_type=refresh_token&refresh_token={0}&scope=orders.read&scope=admin", "invalid_request" },
        { "grant_type=refresh_token&refresh_token={0}&refresh_token={0}", "invalid_request" },
        { "grant_type=refresh_token&refresh_token={0}.&scope=admin", "invalid_grant" },
    };

    public static TheoryData<string> Parameters =>
    [
        "resource={0}/v1", "audience={0}/v1", "aud={0}/v1", "sub=client:admin", "subject=client:admin", "Scope=admin",
        "scopes=admin", "scope[]=admin", "claims=%7B%22scope%22%3A%22admin%22%7D", "username=admin",
    ];

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_a_lenient_reader_could_take_for_more_is_refused_with_its_code(string body, string code)
    {
        var answer = await _host.StartAsync(body);

        answer["code"].ShouldBe(code, answer.Text);
    }

    [Theory]
    [MemberData(nameof(Harmless))]
    public async Task What_can_be_had_is_worth_nothing_at_v1(string body)
    {
        var answer = await _host.StartAsync(body);

        ((int)answer.Status).ShouldBeOneOf([201, 400, 403], answer.Text);
        if (answer.Status is HttpStatusCode.Created)
        {
            var refreshed = await _host.RefreshAsync(answer["refresh_token"]!);
            foreach (var token in new[] { answer["access_token"], refreshed["access_token"], answer["refresh_token"],
                answer["session_id"] })
            {
                await ShouldBeTakenByAsync(token!, []);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task The_token_endpoint_gives_nothing_for_it(string form, string error)
    {
        var (client, refreshToken) = await StartAsItselfAsync();

        var answer = await _host.PostFormAsync(
            "/token", form.Replace("{0}", refreshToken, StringComparison.Ordinal), basic: client);

        answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, error);
    }

    [Theory]
    [MemberData(nameof(Parameters))]
    public async Task A_parameter_that_the_token_endpoint_does_not_know_adds_nothing(string parameter)
    {
        var (client, refreshToken) = await StartAsItselfAsync();
        var more = parameter.Replace("{0}", AuthorityHost.Issuer, StringComparison.Ordinal);

        var asClient = await _host.PostFormAsync("/token", $"grant_type=client_credentials&{more}", basic: client);
        var asPerson = await _host.PostFormAsync(
            "/token", $"grant_type=refresh_token&refresh_token={refreshToken}&{more}", basic: client);

        await ShouldBeTakenByAsync(asClient["access_token"]!, ["sessions"]);
        await ShouldBeTakenByAsync(asPerson["access_token"]!, []);
    }

    [Fact]
    public async Task A_token_of_the_name_of_an_administrator_who_is_gone_is_worth_nothing()
    {
        var admin = await _host.BearerAsync("admin");
        var name = _host.Read(admin)!.Facts.ClientId!;
        await ShouldBeTakenByAsync(admin, ["admin"]);

        await _host.DeleteAsync($"/v1/clients/{name}", await _host.BearerAsync("admin"));
        await _host.AddClientAsync(name, scopes: "admin");

        await ShouldBeTakenByAsync(admin, []);
    }

    /// <summary>Presents a token to every route of <c>/v1</c>: exactly those of <paramref name="scopes"/> take it.</summary>
    private async Task ShouldBeTakenByAsync(string token, string[] scopes)
    {
        foreach (var (route, cells) in AccessTable.Routes.Where(row => row.Key.Contains(" /v1/", StringComparison.Ordinal)))
        {
            var (method, path) = (route.Split(' ')[0], route.Split(' ')[1]);
            var request = new HttpRequestMessage(new(method), path.Replace("{id}", "unknown", StringComparison.Ordinal));
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

            var answer = await _host.SendAsync(request);

            if (scopes.Any(scope => cells[scope] == "yes"))
            {
                answer.Status.ShouldNotBeOneOf(
                    [HttpStatusCode.Unauthorized, HttpStatusCode.Forbidden], $"{route}: {answer.Text}");
            }
            else
            {
                answer.ShouldBeProblem(scopes.Length == 0 ? HttpStatusCode.Unauthorized : HttpStatusCode.Forbidden);
            }
        }
    }

    /// <summary>
    /// A new client with the scope <c>sessions</c>, and the refresh token of a session that it started for itself.
    /// </summary>
    private async Task<(string Client, string RefreshToken)> StartAsItselfAsync()
    {
        var id = (await _host.AddClientAsync(Entropy.System.NextId(), scopes: "sessions")).ClientId;
        var token = await _host.PostFormAsync("/token", "grant_type=client_credentials", basic: id);
        var started = await _host.PostJsonAsync("/v1/sessions", token["access_token"]!,
            $$"""{"subject":"mallory","audience":"{{AuthorityHost.Issuer}}","client_id":"{{id}}","scope":"orders.read"}""");
        return (id, started["refresh_token"]!);
    }

    private static IEnumerable<TheoryDataRow<string, string>> Of(string code, IEnumerable<string> bodies) =>
        bodies.Distinct().Select(body => new TheoryDataRow<string, string>(body, code));

    /// <summary>A body that would do but for one member; the values are JSON, or what an attacker sends for it.</summary>
    private static IEnumerable<string> Bodies(string member, params string[] values)
    {
        var subject = member == "subject" ? "" : "\"subject\":\"mallory\",";
        var audience = member == "audience" ? "" : "\"audience\":\"orders\",";
        return values.Select(value => $"{{{subject}{audience}\"{member}\":{value}}}");
    }
}
