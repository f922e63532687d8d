using System.Net;
using System.Text.RegularExpressions;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>RFC 6750: how tokens come in and how refusals go out, at the Authority's own API and at a verifying one.</summary>
public sealed partial class Rfc6750(
    SharedAuthority authority, SharedApi api) : IClassFixture<SharedAuthority>, IClassFixture<SharedApi>
{
    private const string Guarded = "/v1/verifiers";

    private readonly AuthorityHost _authority = authority.Host;

    [Theory]
    [Proves("BT-1")]
    [InlineData("Bearer")]
    [InlineData("bearer")]
    [InlineData("BEARER")]
    public async Task The_scheme_is_the_same_in_every_case(string scheme)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {api.Log.Mint()}");
        (await api.Api.Http.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await WithAuthorizationAsync($"{scheme} {await _authority.BearerAsync("feed")}")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("BT-2")]
    public async Task A_token_in_the_URL_is_no_token()
    {
        using var answer = await api.Api.GetAsync(null, $"/orders?access_token={api.Log.Mint()}");
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        var own = await _authority.GetAsync($"{Guarded}?access_token={await _authority.BearerAsync("feed")}");
        own.ShouldBeProblem(HttpStatusCode.Unauthorized);
        ChallengeOf(own).ShouldNotContain("error=");
    }

    [Fact]
    [Proves("BT-2")]
    public async Task A_token_in_a_form_authenticates_nobody() =>
        (await _authority.PostFormAsync("/introspect", $"token=x&access_token={await _authority.BearerAsync("introspect")}"))
            .ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");

    [Fact]
    [Proves("BT-3")]
    public async Task A_token_in_more_than_one_place_is_an_invalid_request()
    {
        var bearer = await _authority.BearerAsync("feed", "introspect");

        var inUrl = await _authority.GetAsync($"{Guarded}?access_token={bearer}", bearer);
        var inForm = await _authority.PostFormAsync("/introspect", $"token=x&access_token={bearer}", bearer: bearer);
        var twice = await RawConnection.AskAsync(_authority.Http.BaseAddress!, RawConnection.Get(
            Guarded, $"Authorization: Bearer {bearer}", $"Authorization: Bearer {bearer}"));

        inUrl.ShouldBeProblem(HttpStatusCode.BadRequest);
        ChallengeOf(inUrl).ShouldContain("error=\"invalid_request\"");
        inForm.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
        twice.ShouldStartWith("HTTP/1.1 400 ");
        twice.ShouldContain("error=\"invalid_request\"");
    }

    [Fact]
    [Proves("BT-3")]
    public async Task Two_authorization_headers_are_an_invalid_request_at_a_verifier()
    {
        var header = $"Authorization: Bearer {api.Log.Mint()}";
        var answer = await RawConnection.AskAsync(api.Api.Http.BaseAddress!, RawConnection.Get("/orders", header, header));

        answer.ShouldStartWith("HTTP/1.1 400 ");
        answer.ShouldContain("error=\"invalid_request\"");
    }

    [Fact]
    [Proves("BT-4")]
    public async Task No_token_gets_a_challenge_without_an_error()
    {
        using var answer = await api.Api.GetAsync(null);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldBe("Bearer");

        ChallengeOf(await _authority.GetAsync(Guarded)).ShouldBe("Bearer realm=\"rescind\"");
    }

    [Fact]
    [Proves("BT-4", "BT-5")]
    public async Task Every_refusal_has_one_challenge_whose_parameters_are_there_once_and_in_plain_ASCII()
    {
        var session = await _authority.StartSessionAsync();
        foreach (var (refused, status, error) in new[]
        {
            (await _authority.GetAsync(Guarded, "garbage"), HttpStatusCode.Unauthorized, "invalid_token"),
            (await _authority.GetAsync(Guarded, _authority.AccessTokenOf(session)), HttpStatusCode.Unauthorized, "invalid_token"),
            (await _authority.GetAsync(Guarded, await _authority.BearerAsync("introspect")),
                HttpStatusCode.Forbidden, "insufficient_scope"),
            (await _authority.GetAsync("/me/sessions", _authority.AccessTokenOf(session)),
                HttpStatusCode.Forbidden, "insufficient_scope"),
            (await _authority.PostFormAsync("/introspect", "token=x", bearer: "garbage"),
                HttpStatusCode.Unauthorized, "invalid_token"),
        })
        {
            refused.Status.ShouldBe(status);
            var parameters = Parameter().Matches(ChallengeOf(refused))
                .ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
            parameters["error"].ShouldBe(error);
            parameters.Values.ShouldAllBe(value => Plain().IsMatch(value));
            refused.Response.Headers.WwwAuthenticate.Count.ShouldBe(1);
        }
    }

    [Fact]
    [Proves("BT-5")]
    public async Task What_a_caller_wrote_is_told_back_in_plain_ASCII_alone()
    {
        var answer = await _authority.PostFormAsync(
            "/token", "%22%5C%C3%A9%F0%9F%98%80%0D%0A=1&%22%5C%C3%A9%F0%9F%98%80%0D%0A=1");
        answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
        answer["error_description"].ShouldNotBeNull().ShouldMatch(Plain().ToString());
    }

    [Fact]
    [Proves("BT-6")]
    public async Task Expired_and_revoked_cannot_be_told_apart()
    {
        var position = api.Log.End(Match.Token("revoked"));
        await Eventually.Async(() => api.Api.Status.Position >= position);

        await api.ShouldRefuseAsync(api.Log.Mint(new { iat = Minting.Now - 1000, exp = Minting.Now - 100 }));
        await api.ShouldRefuseAsync(api.Log.Mint(new { jti = "revoked" }));
    }

    [Fact]
    [Proves("BT-6")]
    public async Task A_revoked_token_and_garbage_are_told_apart_at_the_Authority_only_for_who_holds_a_genuine_one()
    {
        var bearer = await _authority.BearerAsync("feed");
        var act = (await _authority.RevokeAsync(_authority.Read(bearer)!.Facts.Token)).Revocation!.Position.ToRevocationId();
        var unsigned = bearer[..(bearer.LastIndexOf('.') + 1)] + new string('A', 86);

        var revoked = await _authority.GetAsync(Guarded, bearer);

        revoked.ShouldBeProblem(HttpStatusCode.Unauthorized);
        foreach (var stranger in new[]
        {
            await _authority.GetAsync(Guarded, "garbage"), await _authority.GetAsync(Guarded, unsigned),
        })
        {
            ChallengeOf(stranger).ShouldBe(ChallengeOf(revoked));
            stranger.Text.ShouldBe(revoked.Text.Replace($",\"explanation\":\"{act}\"", "", StringComparison.Ordinal));
        }
    }

    [Fact]
    [Proves("BT-7")]
    public async Task No_answer_that_holds_a_token_or_refuses_one_may_be_stored()
    {
        var started = await _authority.StartAsync("""{"subject":"alice","audience":"orders"}""");
        var refreshed = await _authority.RefreshAsync(started["refresh_token"]!);
        var refused = await _authority.GetAsync(Guarded);

        foreach (var answer in new[] { started, refreshed, refused })
        {
            answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }
    }

    [Theory]
    [Proves("BT-8")]
    [InlineData("/token", "POST")]
    [InlineData("/me/sessions", "GET")]
    public async Task A_page_of_a_listed_origin_may_read_the_challenge(string path, string method)
    {
        const string origin = "https://app.example";
        var client = $$"""{"client_id":"{{Entropy.System.NextId()}}","kind":"public","origins":["{{origin}}"]}""";
        (await _authority.PostJsonAsync("/v1/clients", await _authority.BearerAsync("admin"), client)).Status
            .ShouldBe(HttpStatusCode.Created);

        var request = new HttpRequestMessage(new(method), path);
        request.Headers.Add("Origin", origin);
        var answer = await _authority.SendAsync(request);

        answer.Response.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([origin]);
        string.Join(',', answer.Response.Headers.GetValues("Access-Control-Expose-Headers")).ShouldContain("WWW-Authenticate");
    }

    private Task<Answer> WithAuthorizationAsync(string header)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Guarded);
        request.Headers.TryAddWithoutValidation("Authorization", header);
        return _authority.SendAsync(request);
    }

    private static string ChallengeOf(Answer answer) => answer.Response.Headers.WwwAuthenticate.ToString();

    [GeneratedRegex("([a-z_]+)=\"([^\"]*)\"")]
    private static partial Regex Parameter();

    [GeneratedRegex("""^[\x20-\x21\x23-\x5B\x5D-\x7E]*$""")]
    private static partial Regex Plain();
}
