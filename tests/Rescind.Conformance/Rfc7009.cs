using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>RFC 7009 over real HTTP.</summary>
public sealed class Rfc7009(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Theory]
    [Proves("RV-1", "RV-5", "RV-8")]
    [InlineData("")]
    [InlineData("&token_type_hint=refresh_token")]
    [InlineData("&token_type_hint=access_token")]
    [InlineData("&token_type_hint=nonsense")]
    public async Task A_refresh_token_ends_its_session_with_all_its_access_tokens_whatever_the_hint(string hint)
    {
        var session = await _authority.StartSessionAsync();
        var access = _authority.AccessTokenOf(session);

        var answer = await RevokeAsync(_authority.RefreshTokens.Derive(session), hint);

        (answer.Status, answer.Text).ShouldBe((HttpStatusCode.OK, ""));
        _authority.Read(access)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        (await StateAsync(session)).ShouldBe(SessionState.Ended);
    }

    [Theory]
    [Proves("RV-1", "RV-5", "RV-8")]
    [InlineData("")]
    [InlineData("&token_type_hint=refresh_token")]
    public async Task An_access_token_ends_itself_alone_whatever_the_hint(string hint)
    {
        var session = await _authority.StartSessionAsync();
        var (one, other) = (_authority.AccessTokenOf(session), _authority.AccessTokenOf(session));

        (await RevokeAsync(one, hint)).Status.ShouldBe(HttpStatusCode.OK);

        _authority.Read(one)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        _authority.Read(other)!.Verdict.IsValid.ShouldBeTrue();
        (await StateAsync(session)).ShouldBe(SessionState.Active);
    }

    [Theory]
    [Proves("RV-4")]
    [InlineData("garbage")]
    [InlineData("rt_AAAA")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    [InlineData("a.b.c")]
    public async Task What_is_no_token_of_ours_is_revoked_already(string token)
    {
        var before = _authority.Tail.Head.Position;
        (await RevokeAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    [Proves("RV-4")]
    public async Task Revoking_again_is_fine_and_appends_nothing()
    {
        var session = await _authority.StartSessionAsync();
        var (refresh, access) = (_authority.RefreshTokens.Derive(session), _authority.AccessTokenOf(session));
        await RevokeAsync(refresh);
        await RevokeAsync(access);
        var before = _authority.Tail.Head.Position;

        (await RevokeAsync(refresh)).Status.ShouldBe(HttpStatusCode.OK);
        (await RevokeAsync(access)).Status.ShouldBe(HttpStatusCode.OK);

        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    [Proves("RV-1")]
    public async Task An_old_refresh_token_of_the_session_ends_it_too()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);
        await _authority.RefreshAsync(first);

        await RevokeAsync(first);

        (await StateAsync(session)).ShouldBe(SessionState.Ended);
    }

    [Fact]
    [Proves("RV-3")]
    public async Task Another_clients_token_needs_the_scope_revoke()
    {
        var session = await _authority.StartSessionAsync();
        var (refresh, access) = (_authority.RefreshTokens.Derive(session), _authority.AccessTokenOf(session));
        var without = (await _authority.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, "feed")).ClientId;
        var with = (await _authority.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, "revoke")).ClientId;

        (await _authority.PostFormAsync("/revoke", $"token={refresh}", basic: without))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "unauthorized_client");
        (await _authority.PostFormAsync("/revoke", $"token={access}", basic: without))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "unauthorized_client");
        (await StateAsync(session)).ShouldBe(SessionState.Active);

        (await _authority.PostFormAsync("/revoke", $"token={refresh}", basic: with)).Status.ShouldBe(HttpStatusCode.OK);
        (await StateAsync(session)).ShouldBe(SessionState.Ended);
    }

    [Fact]
    [Proves("RV-3")]
    public async Task The_client_is_authenticated_before_the_token_is_looked_at()
    {
        var session = await _authority.StartSessionAsync();
        var token = _authority.RefreshTokens.Derive(session);
        var request =
            new HttpRequestMessage(HttpMethod.Post, "/revoke") { Content = new FormUrlEncodedContent([new("token", token)]) };
        request.Headers.Authorization = AuthorityHost.Basic("nobody", "wrong");

        var answer = await _authority.SendAsync(request);

        answer.ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        answer.Response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Basic");
        (await _authority.PostFormAsync("/revoke", $"token={token}"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_client");
        (await StateAsync(session)).ShouldBe(SessionState.Active);
    }

    [Theory]
    [Proves("RV-6")]
    [InlineData("client_id=web")]
    [InlineData("client_id=web&token=")]
    [InlineData("client_id=web&token=a&token=b")]
    public async Task A_missing_or_repeated_token_is_an_invalid_request(string form) =>
        (await _authority.PostFormAsync("/revoke", form)).ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    [Proves("RV-4")]
    public async Task An_expired_access_token_needs_no_act()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var access = authority.AccessTokenOf(await authority.StartSessionAsync());
        time.Advance(TimeSpan.FromHours(1));
        var before = authority.Tail.Head.Position;

        (await authority.PostFormAsync("/revoke", $"client_id=web&token={access}")).Status.ShouldBe(HttpStatusCode.OK);
        authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    [Proves("RV-2")]
    public void Plain_http_is_refused_beyond_this_machine() => Should.Throw<InvalidOperationException>(
        () => AuthorityServer.Create(new() { Urls = "http://192.0.2.1:7070", Issuer = "https://auth.example" }))
        .Message.ShouldContain("https");

    [Fact]
    [Proves("RV-7")]
    public async Task A_revocation_that_may_not_be_durable_is_503_and_when_to_ask_again()
    {
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<ISessionStore, LostStore>());
        var token = authority.RefreshTokens.Derive(LostStore.NewSession(authority.RefreshTokens.CurrentKeyId));

        var answer = await authority.PostFormAsync("/revoke", $"client_id=web&token={token}");

        answer.ShouldBeOAuthError(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        answer.Response.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    [Proves("RV-12")]
    public async Task A_token_of_a_foreign_issuer_is_none_of_ours()
    {
        var before = _authority.Tail.Head.Position;
        (await RevokeAsync(new FakeLog().Mint())).Status.ShouldBe(HttpStatusCode.OK);
        _authority.Tail.Head.Position.ShouldBe(before);
    }

    [Fact]
    [Proves("RV-11")]
    public async Task A_late_logout_with_an_expired_access_token_still_ends_the_session()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var session = await authority.StartSessionAsync();
        var access = authority.AccessTokenOf(session);
        time.Advance(TimeSpan.FromHours(1));

        (await authority.PostJsonAsync("/me/logout", access, "{}")).Status.ShouldBe(HttpStatusCode.NoContent);

        (await authority.RefreshAsync(authority.RefreshTokens.Derive(session)))["reason"].ShouldBe("ended");
    }

    private Task<Answer> RevokeAsync(string token, string more = "") =>
        _authority.PostFormAsync("/revoke", $"client_id=web&token={token}{more}");

    private async Task<SessionState> StateAsync(Session session) =>
        (await _authority.Get<ISessionStore>().FindAsync(session.Id, TestContext.Current.CancellationToken))!
            .StateAt(DateTimeOffset.UtcNow.ToUnixTimeSeconds());
}
