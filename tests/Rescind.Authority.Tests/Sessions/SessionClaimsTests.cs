using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Rescind.Authority.Sessions;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Sessions;

/// <summary>An application that is asked for the claims of each token, and what happens if it does not answer well.</summary>
public sealed class SessionClaimsTests : ISessionClaims, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private AuthorityHost _authority = null!;
    private Func<MintingSession, Task<string?>> _answer = _ => Task.FromResult<string?>("{}");

    public async ValueTask InitializeAsync() => _authority = await AuthorityHost.StartAsync(services =>
        services.AddSingleton<ISessionClaims>(this).AddSingleton<TimeProvider>(_time));

    public ValueTask DisposeAsync() => _authority.DisposeAsync();

    ValueTask<string?> ISessionClaims.FindAsync(MintingSession session, CancellationToken cancellationToken) => new(_answer(session));

    [Fact]
    public async Task The_first_token_and_each_later_one_say_what_is_so_then()
    {
        Answer("""{"role":"clerk"}""");
        var started = await _authority.Get<ISessions>().StartAsync("alice");
        RoleIn(started.AccessToken).ShouldBe("clerk");

        Answer("""{"role":"admin"}""");
        var refreshed = await _authority.RefreshAsync(started.RefreshToken);

        RoleIn(refreshed["access_token"]!).ShouldBe("admin");
    }

    [Fact]
    public async Task It_is_told_whose_token_it_is_and_what_the_session_was_started_with()
    {
        MintingSession? asked = null;
        _answer = session => Task.FromResult<string?>((asked = session).Claims);

        var started = await _authority.Get<ISessions>().StartAsync(
            new SessionStart { Subject = "alice", Audience = ["orders"], Claims = """{"role":"buyer"}""" });

        (asked!.SessionId, asked.Subject, asked.ClientId, asked.Audience.Single(), asked.Claims)
            .ShouldBe((started.SessionId, "alice", "web", "orders", """{"role":"buyer"}"""));
    }

    [Theory]
    [InlineData("""{"sub":"bob"}""")]
    [InlineData("[]")]
    [InlineData("no JSON")]
    public async Task Claims_that_do_not_hold_give_no_token(string claims)
    {
        var session = await _authority.StartSessionAsync();
        Answer(claims);

        var answer = await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));

        ((int)answer.Status, answer["code"], answer["access_token"]).ShouldBe((503, "RSC1908", null));
    }

    [Fact]
    public async Task A_failure_gives_no_token_and_loses_no_session()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        _answer = _ => throw new InvalidOperationException("the user store is away");
        var answer = await _authority.RefreshAsync(token);
        ((int)answer.Status, answer["error"], answer["code"]).ShouldBe((503, "temporarily_unavailable", "RSC1908"));

        Answer("{}");

        ((int)(await _authority.RefreshAsync(token)).Status).ShouldBe(200);
    }

    [Fact]
    public async Task Whoever_never_answers_is_left_behind()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        var asked = new TaskCompletionSource();
        _answer = _ =>
        {
            asked.SetResult();
            return new TaskCompletionSource<string?>().Task;
        };

        var answer = _authority.RefreshAsync(token);
        await asked.Task;
        _time.Advance(TimeSpan.FromSeconds(5));

        ((int)(await answer).Status).ShouldBe(503);
    }

    [Fact]
    public async Task A_subject_that_is_no_more_ends_its_session()
    {
        var session = await _authority.StartSessionAsync();
        var token = _authority.RefreshTokens.Derive(session);
        _answer = _ => Task.FromResult<string?>(null);
        var answer = await _authority.RefreshAsync(token);
        (answer["error"], answer["reason"]).ShouldBe(("invalid_grant", "ended"));

        Answer("{}");

        (await _authority.RefreshAsync(token))["reason"].ShouldBe("ended");
        _authority.Read(_authority.AccessTokenOf(session))!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task No_session_is_started_for_a_subject_that_is_no_more()
    {
        _answer = _ => Task.FromResult<string?>(null);

        var refused = await Should.ThrowAsync<SessionRefusedException>(_authority.Get<ISessions>().StartAsync("nobody"));

        refused.Code.ShouldBe("RSC1318");
    }

    [Fact]
    public async Task A_renew_that_comes_while_it_is_asked_kills_the_token()
    {
        var session = await _authority.StartSessionAsync();
        _answer = async _ =>
        {
            await _authority.RevokeAsync(Match.Subject("alice"), Effect.Renew);
            return "{}";
        };

        var answer = await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));

        _authority.Read(answer["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Renew);
    }

    private void Answer(string claims) => _answer = _ => Task.FromResult<string?>(claims);

    private static string RoleIn(string token) =>
        System.Text.Json.JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement.GetProperty("role")
            .GetString()!;
}
