using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>RFC 7662 over real HTTP.</summary>
public sealed class Rfc7662(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private const string Inactive = """{"active":false}""";

    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    [Proves("IN-1", "IN-3", "IN-5")]
    public async Task A_living_access_token_is_described_to_a_client_or_a_bearer_with_the_scope()
    {
        var session = await _authority.StartSessionAsync();
        var token = _authority.AccessTokenOf(session);
        var facts = _authority.Read(token)!.Facts;

        foreach (var answer in new[]
        {
            await _authority.PostFormAsync("/introspect", $"token={token}", basic: await NewClientAsync("introspect")),
            await _authority.PostFormAsync(
                "/introspect", $"token={token}&token_type_hint=refresh_token",
                bearer: await _authority.BearerAsync("introspect")),
        })
        {
            answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
            answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
            (answer["active"], answer["sub"], answer["sid"], answer["client_id"], answer["iss"])
                .ShouldBe(("True", "alice", session.Id, "web", AuthorityHost.Issuer));
            (answer["jti"], answer["exp"], answer["scope"], answer["token_type"])
                .ShouldBe((facts.TokenId, $"{facts.ExpiresAt}", session.Scope, "Bearer"));
        }
    }

    [Fact]
    [Proves("IN-2")]
    public async Task Whatever_is_not_valid_now_is_inactive_and_nothing_more()
    {
        var id = await NewClientAsync("introspect");
        var (ended, revoked) = (await _authority.StartSessionAsync(), await _authority.StartSessionAsync());
        var rotated = await _authority.StartSessionAsync();
        var revokedToken = _authority.AccessTokenOf(revoked);
        await _authority.RevokeAsync(Match.Session(ended.Id));
        await _authority.RevokeAsync(_authority.Read(revokedToken)!.Facts.Token);
        var second = await _authority.RefreshAsync(_authority.RefreshTokens.Derive(rotated));
        await _authority.RefreshAsync(second["refresh_token"]!);

        foreach (var token in new[]
        {
            "garbage", "a.b.c", "rt_AAAA", _authority.AccessTokenOf(ended), revokedToken, _authority.RefreshTokens.Derive(ended),
            _authority.RefreshTokens.Derive(rotated), _authority.AccessTokenOf(revoked)[..^4] + "AAAA",
        })
        {
            var answer = await _authority.PostFormAsync("/introspect", $"token={token}", basic: id);
            (answer.Status, answer.Text).ShouldBe((HttpStatusCode.OK, Inactive));
        }
    }

    [Fact]
    [Proves("IN-3")]
    public async Task A_current_refresh_token_is_active()
    {
        var session = await _authority.StartSessionAsync();
        var token = _authority.RefreshTokens.Derive(session);
        var answer = await _authority.PostFormAsync("/introspect", $"token={token}", basic: await NewClientAsync("introspect"));
        (answer["active"], answer["sid"]).ShouldBe(("True", session.Id));
    }

    [Fact]
    [Proves("IN-1")]
    public async Task A_caller_without_credentials_or_scope_learns_nothing()
    {
        var session = await _authority.StartSessionAsync();
        var form = $"token={_authority.AccessTokenOf(session)}";

        foreach (var credentials in new[] { "", "&client_id=web", "&client_id=nobody", "&client_id=web&client_secret=wrong" })
        {
            var stranger = await _authority.PostFormAsync("/introspect", form + credentials);
            stranger.ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
            stranger.Response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Basic");
        }

        (await _authority.PostFormAsync("/introspect", form, basic: await NewClientAsync("feed")))
            .ShouldBeOAuthError(HttpStatusCode.Forbidden, "insufficient_scope");
        (await _authority.PostFormAsync("/introspect", form, bearer: await _authority.BearerAsync("feed")))
            .ShouldBeOAuthError(HttpStatusCode.Forbidden, "insufficient_scope");

        var person = await _authority.PostFormAsync("/introspect", form, bearer: _authority.AccessTokenOf(session));
        person.ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_token");
        person.Response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
    }

    [Fact]
    public async Task Credentials_in_two_places_are_an_invalid_request()
    {
        var bearer = await _authority.BearerAsync("introspect");
        var id = await NewClientAsync("introspect");

        (await _authority.PostFormAsync("/introspect?access_token=x", "token=x", bearer: bearer))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
        (await _authority.PostFormAsync("/introspect", $"token=x&client_id={id}&client_secret=secret", bearer: bearer))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
    }

    [Fact]
    public async Task A_missing_token_is_an_invalid_request() =>
        (await _authority.PostFormAsync("/introspect", "", basic: await NewClientAsync("introspect")))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    [Proves("IN-3")]
    public async Task A_token_past_its_exp_is_inactive_even_within_the_leeway()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        await authority.AddClientAsync("api", ClientKind.Confidential, "introspect");
        var token = authority.AccessTokenOf(await authority.StartSessionAsync());
        time.Advance(TimeSpan.FromMinutes(5));

        authority.Read(token)!.Verdict.IsValid.ShouldBeTrue();
        (await authority.PostFormAsync("/introspect", $"token={token}", basic: "api")).Text.ShouldBe(Inactive);
    }

    private async Task<string> NewClientAsync(params string[] scopes) =>
        (await _authority.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, scopes)).ClientId;
}
