using System.Net;
using System.Text.Json.Nodes;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary><c>/v1/issuers</c> over real HTTP: what a record may be, and that it travels in the log.</summary>
public sealed class IssuersEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    public async Task A_record_is_saved_travels_in_the_log_and_is_listed_after_our_own()
    {
        const string issuer = "https://one.example/tenant";
        var saved = await SaveAsync(
            new() { ["issuer"] = issuer, ["max_token_lifetime"] = 3600, ["max_session_lifetime"] = 86400 });

        saved.Status.ShouldBe(HttpStatusCode.Created, saved.Text);
        var record = _authority.Get<Replica>().FindIssuer(issuer).ShouldNotBeNull();
        (record.Own, record.Limits, record.IssuedAtAbsent, record.SendsAuthTime)
            .ShouldBe((false, new(3600, 86400, 5, 30), false, false));
        (record.Types.Single(), record.Algorithms.Single(), record.Claims).ShouldBe(("at+jwt", "RS256", IssuerClaims.Standard));
        var listed =
            (await _authority.GetAsync("/v1/issuers", await _authority.BearerAsync("admin"))).Json.GetProperty("issuers");
        (listed[0].GetProperty("issuer").GetString(), listed[0].GetProperty("own").GetBoolean())
            .ShouldBe((AuthorityHost.Issuer, true));
        listed.EnumerateArray().ShouldContain(found => found.GetProperty("issuer").GetString() == issuer);
    }

    [Fact]
    public async Task A_record_may_require_a_subject_and_nothing_else_may_be_said_of_it()
    {
        const string issuer = "https://people.example";
        var saved = await SaveAsync(new() { ["issuer"] = issuer, ["subject"] = "required" });

        (saved.Status, saved.Json.GetProperty("subject").GetString()).ShouldBe((HttpStatusCode.Created, "required"));
        _authority.Get<Replica>().FindIssuer(issuer)!.SubjectRequired.ShouldBeTrue();
        (await SaveAsync(new() { ["issuer"] = issuer, ["subject"] = "optional" })).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("entra", "oid", "sid", "uti", "azp")]
    [InlineData("keycloak", "sub", "sid", "jti", "azp")]
    [InlineData("auth0", "sub", "", "", "azp")]
    [InlineData("auth0-rfc9068", "sub", "", "jti", "client_id")]
    [InlineData("cognito", "sub", "origin_jti", "jti", "client_id")]
    [InlineData("openiddict", "sub", "", "jti", "client_id")]
    public async Task A_profile_fills_in_what_is_left_out(
        string profile, string subject, string session, string token, string client)
    {
        var issuer = $"https://{profile}.example";
        await SaveAsync(new() { ["issuer"] = issuer, ["profile"] = profile });

        _authority.Get<Replica>().FindIssuer(issuer)!.Claims.ShouldBe(new(subject, session, token, client));
    }

    [Fact]
    public async Task What_a_body_says_is_not_filled_in_from_its_profile()
    {
        const string issuer = "https://said.example";
        await SaveAsync(
            new() { ["issuer"] = issuer, ["profile"] = "openiddict", ["claims"] = new JsonObject { ["session"] = "oi_au_id" } });

        _authority.Get<Replica>().FindIssuer(issuer)!.Claims.ShouldBe(new("sub", "oi_au_id", "jti", "client_id"));
    }

    [Fact]
    public async Task Other_numbers_hold_for_later_tokens_and_earlier_ones_keep_the_stricter_even_after_a_removal()
    {
        const string issuer = "https://two.example";
        await SaveAsync(new() { ["issuer"] = issuer, ["max_token_lifetime"] = 300, ["max_session_lifetime"] = 3600 });
        var removed = await _authority.DeleteAsync(
            $"/v1/issuers?issuer={Uri.EscapeDataString(issuer)}", await _authority.BearerAsync("admin"));
        _authority.Get<Replica>().FindIssuer(issuer).ShouldBeNull();

        await SaveAsync(new() { ["issuer"] = issuer, ["max_token_lifetime"] = 86400, ["max_session_lifetime"] = 86400 });

        removed.Status.ShouldBe(HttpStatusCode.NoContent);
        var record = _authority.Get<Replica>().FindIssuer(issuer)!;
        record.Limits.MaxTokenLifetime.ShouldBe(86400);
        record.LimitsFor(record.ChangedAt - 60).MaxTokenLifetime.ShouldBe(300);
    }

    [Fact]
    public async Task A_replaced_record_is_a_200()
    {
        var body = new JsonObject { ["issuer"] = "https://three.example" };
        await SaveAsync(body.DeepClone().AsObject());

        (await SaveAsync(body)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("RSC1601", """{"issuer":"idp.example"}""")]
    [InlineData("RSC1601", """{"issuer":"http://idp.example"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example?x=1"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example#x"}""")]
    [InlineData("RSC1601", """{"issuer":"https://user@idp.example"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","profile":"okta2"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","max_token_lifetime":0}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","max_token_lifetime":600,"max_session_lifetime":300}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","clock_skew":301}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","leeway":-1}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","iat":"maybe"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","types":[]}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","algorithms":["HS256"]}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","algorithms":["none"]}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","algorithms":["RS256","EdDSA"]}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","claims":{"subject":""}}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","jwks_uri":"http://idp.example/keys"}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","jwks_uri":"https://idp.example/keys","logout_audiences":[""]}""")]
    [InlineData("RSC1601", """{"issuer":"https://idp.example","logout_audiences":["rescind"]}""")]
    [InlineData("RSC1106", """{"issuer":"https://idp.example","lifetime":600}""")]
    [InlineData("RSC1107", "{}")]
    public async Task A_record_that_does_not_hold_is_refused_by_name(string code, string body)
    {
        var before = _authority.Tail.Head;

        var answer = await _authority.PostJsonAsync("/v1/issuers", await _authority.BearerAsync("admin"), body);

        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        answer["code"].ShouldBe(code);
        _authority.Tail.Head.ShouldBe(before);
    }

    [Fact]
    public async Task Our_own_record_is_not_changed_from_outside_and_an_unknown_one_is_not_removed()
    {
        var admin = await _authority.BearerAsync("admin");

        (await SaveAsync(new() { ["issuer"] = AuthorityHost.Issuer })).ShouldBeProblem(HttpStatusCode.Conflict);
        (await _authority.DeleteAsync($"/v1/issuers?issuer={AuthorityHost.Issuer}", admin))
            .ShouldBeProblem(HttpStatusCode.Conflict);
        (await _authority.DeleteAsync("/v1/issuers?issuer=https://nobody.example", admin))
            .ShouldBeProblem(HttpStatusCode.BadRequest);
        (await _authority.DeleteAsync("/v1/issuers", admin)).ShouldBeProblem(HttpStatusCode.BadRequest);
    }

    private async Task<Answer> SaveAsync(JsonObject body) =>
        await _authority.PostJsonAsync("/v1/issuers", await _authority.BearerAsync("admin"), body.ToJsonString());
}
