using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>RFC 6749 sections 2.3, 4.4, 5 and 6, and RFC 9700 section 4.14, over real HTTP.</summary>
public sealed class Rfc6749(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Fact]
    [Proves("BT-7")]
    public async Task A_client_gets_a_token_by_header_or_by_form_with_all_its_scopes_or_those_that_it_asks_for()
    {
        var id = await NewClientAsync("feed", "introspect");

        var byHeader = await _authority.PostFormAsync("/token", "grant_type=client_credentials", basic: id);
        var byForm = await _authority.PostFormAsync(
            "/token", $"grant_type=client_credentials&scope=feed&client_id={id}&client_secret={Escaped(id)}");

        (byHeader.Status, byHeader["token_type"], byHeader["scope"], byHeader["refresh_token"])
            .ShouldBe((HttpStatusCode.OK, "Bearer", "feed introspect", null));
        byForm["scope"].ShouldBe("feed");
        byHeader.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var token = _authority.Read(byForm["access_token"]!)!;
        (token.Facts.Subject, string.Join(' ', token.Scopes), token.Facts.SessionId).ShouldBe(($"client:{id}", "feed", null));
    }

    [Theory]
    [InlineData("", "invalid_request")]
    [InlineData("grant_type=client_credentials&grant_type=client_credentials", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_secret=again", "invalid_request")]
    [InlineData("grant_type=client_credentials&scope=%zz", "invalid_request")]
    [InlineData("grant_type=client_credentials&client_id=another", "invalid_request")]
    [InlineData("grant_type=refresh_token", "invalid_request")]
    [InlineData("grant_type=password&username=a&password=b", "unsupported_grant_type")]
    [InlineData("grant_type=authorization_code&code=x", "unsupported_grant_type")]
    [InlineData("grant_type=client_credentials&scope=admin", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=feed%20Feed", "invalid_scope")]
    [InlineData("grant_type=client_credentials&scope=%20", "invalid_scope")]
    [InlineData("grant_type=refresh_token&refresh_token=garbage", "invalid_grant")]
    public async Task Every_error_of_the_table_is_a_400(string form, string error) =>
        (await _authority.PostFormAsync("/token", form, basic: await NewClientAsync("feed")))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, error);

    [Fact]
    [Proves("RT-1")]
    public async Task An_unknown_client_and_a_wrong_secret_are_told_apart_by_nothing()
    {
        var id = await NewClientAsync("feed");
        var answers = new List<Answer>();
        foreach (var (name, secret) in new[] { (id, "wrong"), ("nobody", "wrong"), ("web", "wrong") })
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/token");
            request.Content = new FormUrlEncodedContent([new("grant_type", "client_credentials")]);
            request.Headers.Authorization = AuthorityHost.Basic(name, secret);
            answers.Add(await _authority.SendAsync(request));
        }

        answers[0].ShouldBeOAuthError(HttpStatusCode.Unauthorized, "invalid_client");
        answers[0].Response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Basic");
        answers.Select(answer => (answer.Status, answer.Text, answer.Response.Headers.WwwAuthenticate.ToString())).Distinct()
            .Count().ShouldBe(1);

        var byForm = await _authority.PostFormAsync(
            "/token", $"grant_type=client_credentials&client_id={id}&client_secret=wrong");
        var unknown = await _authority.PostFormAsync(
            "/token", "grant_type=client_credentials&client_id=nobody&client_secret=wrong");
        byForm.ShouldBeOAuthError(byForm.Status, "invalid_client");
        unknown.Text.ShouldBe(byForm.Text);
    }

    [Fact]
    public async Task A_public_client_has_nothing_to_exchange() =>
        (await _authority.PostFormAsync("/token", "grant_type=client_credentials&client_id=web"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "unauthorized_client");

    [Fact]
    [Proves("RT-3", "RT-4")]
    public async Task A_refresh_gives_a_new_pair_of_the_same_session_scope_and_login()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);

        var answer = await _authority.RefreshAsync(first);

        (answer.Status, answer["token_type"], answer["scope"]).ShouldBe((HttpStatusCode.OK, "Bearer", session.Scope));
        answer["refresh_token"].ShouldNotBe(first);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var token = _authority.Read(answer["access_token"]!)!;
        (token.Verdict.IsValid, token.Facts.SessionId, token.Facts.AuthTime)
            .ShouldBe((true, session.Id, session.AuthenticatedAt));
    }

    [Fact]
    [Proves("RT-10")]
    public async Task A_lost_answer_is_given_again_with_the_same_refresh_token_and_a_fresh_access_token()
    {
        var first = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        var once = await _authority.RefreshAsync(first);
        var again = await _authority.RefreshAsync(first);

        again["refresh_token"].ShouldBe(once["refresh_token"]);
        again["access_token"].ShouldNotBe(once["access_token"]);
    }

    [Fact]
    [Proves("RT-4", "RT-12")]
    public async Task An_old_refresh_token_ends_its_session_and_says_why()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);
        var second = (await _authority.RefreshAsync(first))["refresh_token"]!;
        var third = await _authority.RefreshAsync(second);

        var reused = await _authority.RefreshAsync(first);
        var newest = await _authority.RefreshAsync(third["refresh_token"]!);

        (reused.Status, reused["error"], reused["reason"]).ShouldBe((HttpStatusCode.BadRequest, "invalid_grant", "reused"));
        (newest["error"], newest["reason"], newest["explanation"]).ShouldBe(("invalid_grant", "ended", reused["explanation"]));
        _authority.Read(third["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        LogPosition.TryParseRevocationId(reused["explanation"], out var act).ShouldBeTrue();
        (await _authority.Revocations.FindAsync(act, TestContext.Current.CancellationToken))!.Match
            .ShouldBe(Match.Session(session.Id));
    }

    [Fact]
    [Proves("RT-4")]
    public async Task Sixty_four_parallel_refreshes_have_one_successor()
    {
        var session = await _authority.StartSessionAsync();
        var first = _authority.RefreshTokens.Derive(session);

        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => _authority.RefreshAsync(first))));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        answers.Select(answer => answer["refresh_token"]).Distinct().Count().ShouldBe(1);
        (await _authority.Get<ISessionStore>().FindAsync(session.Id, TestContext.Current.CancellationToken))!.Generation
            .ShouldBe(2u);
    }

    [Fact]
    [Proves("RT-8", "RT-12")]
    public async Task A_session_that_was_ended_or_blocked_names_the_act()
    {
        foreach (var (effect, reason) in new[] { (Effect.End, "ended"), (Effect.Block, "blocked") })
        {
            var session = await _authority.StartSessionAsync(subject: reason);
            var act = await _authority.RevokeAsync(
                Match.Subject(reason), effect, effect is Effect.Block ? DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600 : null);

            var answer = await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));

            (answer.Status, answer["error"], answer["reason"], answer["explanation"])
                .ShouldBe((HttpStatusCode.BadRequest, "invalid_grant", reason, act.Revocation!.Position.ToRevocationId()));
        }
    }

    [Fact]
    [Proves("RT-1", "RT-12")]
    public async Task Another_clients_refresh_token_is_refused_without_a_word()
    {
        var session = await _authority.StartSessionAsync();
        var id = await NewClientAsync();
        var token = _authority.RefreshTokens.Derive(session);

        (await _authority.PostFormAsync("/token", $"grant_type=refresh_token&refresh_token={token}", basic: id))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_grant");
        (await _authority.PostFormAsync("/token", $"grant_type=refresh_token&scope=admin&refresh_token={token}", basic: id))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_grant");
        (await _authority.RefreshAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("RT-1")]
    public async Task A_confidential_client_must_authenticate_to_refresh()
    {
        var id = await NewClientAsync();
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync(clientId: id));

        (await _authority.PostFormAsync("/token", $"grant_type=refresh_token&client_id={id}&refresh_token={token}"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_client");
        (await _authority.PostFormAsync("/token", $"grant_type=refresh_token&refresh_token={token}", basic: id)).Status
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("RT-2", "RT-5")]
    public async Task A_scope_can_be_narrowed_for_one_access_token_and_never_widened()
    {
        var first = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());

        var narrow = await _authority.RefreshAsync(first, "&scope=orders.read+orders.read");
        narrow["scope"].ShouldBe("orders.read");
        _authority.Read(narrow["access_token"]!)!.Scopes.ShouldBe(["orders.read"]);

        (await _authority.RefreshAsync(narrow["refresh_token"]!, "&scope=orders.read+admin"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_scope");
        (await _authority.RefreshAsync(narrow["refresh_token"]!, "&scope=%20"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_scope");

        // RT-2: the refresh token keeps the whole scope.
        (await _authority.RefreshAsync(narrow["refresh_token"]!))["scope"].ShouldBe("orders.read orders.write");
    }

    [Fact]
    [Proves("RT-6")]
    public async Task A_session_past_its_idle_life_says_that_it_expired()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var token = authority.RefreshTokens.Derive(await authority.StartSessionAsync());
        time.Advance(TimeSpan.FromDays(14));

        var answer = await authority.RefreshAsync(token);

        (answer["error"], answer["reason"], answer["explanation"]).ShouldBe(("invalid_grant", "expired", null));
    }

    [Fact]
    public async Task An_unknown_outcome_is_503_and_never_invalid_grant()
    {
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<ISessionStore, LostStore>());

        var lost = LostStore.NewSession(authority.RefreshTokens.CurrentKeyId);

        var answer = await authority.RefreshAsync(authority.RefreshTokens.Derive(lost));

        answer.ShouldBeOAuthError(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        answer.Response.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    [InlineData("text/plain")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    public async Task A_body_that_is_declared_as_anything_but_a_form_is_an_invalid_request(string? contentType)
    {
        var content = new ByteArrayContent("grant_type=client_credentials"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        var answer = await _authority.SendAsync(new(HttpMethod.Post, "/token") { Content = content });
        answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_request");
    }

    [Theory]
    [Proves("RT-14")]
    [InlineData("password&username=alice&password=secret")]
    [InlineData("implicit")]
    [InlineData("authorization_code&code=x")]
    public async Task Nobody_gets_a_token_for_a_password_or_by_a_grant_that_is_not_offered(string grant) =>
        (await _authority.PostFormAsync("/token", $"client_id=web&grant_type={grant}"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "unsupported_grant_type");

    [Fact]
    [Proves("RT-6", "RT-7")]
    public async Task No_number_of_refreshes_moves_the_end_of_a_session()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<TimeProvider>(time));
        var token = authority.RefreshTokens.Derive(await authority.StartSessionAsync());
        for (var day = 0; day < 80; day += 10)
        {
            time.Advance(TimeSpan.FromDays(10));
            token = (await authority.RefreshAsync(token))["refresh_token"].ShouldNotBeNull();
        }

        time.Advance(TimeSpan.FromDays(10));

        (await authority.RefreshAsync(token))["reason"].ShouldBe("expired");
    }

    [Fact]
    [Proves("RT-9")]
    public async Task A_refresh_token_with_one_changed_character_is_refused_and_ends_nothing()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        for (var i = "rt_".Length; i < token.Length; i++)
        {
            var bent = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            (await _authority.RefreshAsync(bent)).ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_grant");
        }

        (await _authority.RefreshAsync(token)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("RT-9")]
    public async Task A_refresh_token_that_was_made_without_the_salt_of_its_session_is_refused_and_is_no_reuse()
    {
        var session = await _authority.StartSessionAsync();
        var second = (await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session)))["refresh_token"]!;
        var third = (await _authority.RefreshAsync(second))["refresh_token"]!;
        for (var generation = 1u; generation <= 4; generation++)
        {
            var forged = _authority.RefreshTokens.Derive(session with { Generation = generation, Salt = new byte[16] });
            var answer = await _authority.RefreshAsync(forged);
            answer.ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_grant");
            answer["reason"].ShouldBeNull();
        }

        (await _authority.RefreshAsync(third)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private async Task<string> NewClientAsync(params string[] scopes) =>
        (await _authority.AddClientAsync(Entropy.System.NextId(), ClientKind.Confidential, scopes)).ClientId;

    private static string Escaped(string id) => Uri.EscapeDataString(AuthorityHost.SecretOf(id));
}
