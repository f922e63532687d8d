using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Feeding;

/// <summary>
/// An Authority whose clock is ahead for a while: neither a verifier nor itself takes a token that was dead before,
/// then or later.
/// </summary>
public sealed class ClockAheadTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SettableTime _clock = new(DateTimeOffset.UtcNow);
    private readonly SettableTime _right = new(DateTimeOffset.UtcNow);

    public static TheoryData<int> Jumps => [600, 86_400, 100 * 86_400];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task A_verifier_that_starts_then_refuses_what_was_dead_before(int seconds)
    {
        await using var authority = await StartAsync();
        var (facts, token) = await DeadAsync(authority);

        _clock.Set(TimeSpan.FromSeconds(seconds));
        await ForgetAsync(authority);
        var outside = await FollowAsync(authority, _right);
        var inside = await FollowAsync(authority, _clock);
        outside.KindOf(facts).ShouldBe(VerdictKind.Revoked);

        _clock.Set(TimeSpan.FromSeconds(-seconds));
        await ForgetAsync(authority);
        outside.Replica.Purge();
        inside.Replica.Purge();
        (outside.KindOf(facts), inside.KindOf(facts)).ShouldBe((VerdictKind.Revoked, VerdictKind.Revoked));
        authority.Read(token)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Theory]
    [MemberData(nameof(Jumps))]
    public async Task An_Authority_that_starts_under_it_forgets_nothing(int seconds)
    {
        TokenFacts facts;
        string token;
        await using (var before = await StartAsync())
        {
            (facts, token) = await DeadAsync(before);
        }

        _clock.Set(TimeSpan.FromSeconds(seconds));
        await using var authority = await StartAsync();
        await ForgetAsync(authority);
        var outside = await FollowAsync(authority, _right);
        _clock.Set(TimeSpan.FromSeconds(-seconds));
        await ForgetAsync(authority);

        outside.KindOf(facts).ShouldBe(VerdictKind.Revoked);
        (await FollowAsync(authority, _clock)).KindOf(facts).ShouldBe(VerdictKind.Revoked);
        authority.Read(token)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task A_token_that_has_expired_by_a_clock_that_jumped_is_revoked_all_the_same()
    {
        await using var authority = await StartAsync();
        var token = authority.AccessTokenOf(await authority.StartSessionAsync());
        _clock.Set(TimeSpan.FromHours(1));

        var refused = await authority.PostFormAsync("/revoke", $"client_id=web&token={token}");

        refused.ShouldBeOAuthError(HttpStatusCode.ServiceUnavailable, "temporarily_unavailable");
        refused["code"].ShouldBe("RSC1028");
        _clock.Set(TimeSpan.FromHours(-1));
        (await authority.PostFormAsync("/revoke", $"client_id=web&token={token}")).Status.ShouldBe(HttpStatusCode.OK);
        authority.Read(token)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task Until_a_jump_is_over_or_believed_the_answers_and_the_health_say_until_when()
    {
        await using var authority = await StartAsync();
        var client = await authority.AddClientAsync("shop", scopes: "revoke");
        (await authority.GetAsync("/health"))["status"].ShouldBe("healthy");
        _clock.Set(TimeSpan.FromDays(1));

        var revoked = await RevokeAsync(authority, client);
        var refreshed = await authority.RefreshAsync(authority.RefreshTokens.Derive(await NewSessionAsync(authority)));
        var health = await authority.GetAsync("/health");

        revoked.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        revoked["code"].ShouldBe("RSC1028");
        revoked["detail"].ShouldNotBeNull().ShouldContain("Nothing is recorded until 20");
        revoked.Response.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
        (refreshed.Status, refreshed["error"]).ShouldBe((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"));
        health["status"].ShouldBe("degraded");
        health.Text.ShouldContain("RSC1028");
        health.Text.ShouldContain("\"until\":\"");
        (await authority.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);

        _clock.Advance(TimeSpan.FromMinutes(1));
        (await RevokeAsync(authority, client)).Status.ShouldBe(HttpStatusCode.Created);
        (await authority.GetAsync("/health")).Text.ShouldContain("RSC1028");
    }

    [Theory]
    [InlineData(2_147_483_647L)]
    [InlineData(4_294_967_295L)]
    public async Task Tokens_and_revocations_go_on_past_the_end_of_32_bit_seconds(long last)
    {
        var clock = new SettableTime(DateTimeOffset.FromUnixTimeSeconds(last - 10));
        await using var authority = await StartAsync(clock);
        var session = await authority.StartSessionAsync();
        var facts = authority.Read(authority.AccessTokenOf(session))!.Facts;
        clock.Advance(TimeSpan.FromSeconds(20));

        (await FollowAsync(authority, clock)).KindOf(facts).ShouldBe(VerdictKind.Valid);
        (await authority.RefreshAsync(authority.RefreshTokens.Derive(session))).Status.ShouldBe(HttpStatusCode.OK);
        await authority.RevokeAsync(Match.Session(session.Id));
        (await FollowAsync(authority, clock)).KindOf(facts).ShouldBe(VerdictKind.Revoked);
        clock.Advance(TimeSpan.FromMinutes(10));
        (await FollowAsync(authority, clock)).KindOf(facts).ShouldBe(VerdictKind.Expired);
    }

    private Task<AuthorityHost> StartAsync(TimeProvider? clock = null) =>
        AuthorityHost.StartAsync(services => services.AddSingleton(clock ?? _clock), data: _folder.Path);

    private static async Task<(TokenFacts Facts, string Token)> DeadAsync(AuthorityHost authority)
    {
        var session = await authority.StartSessionAsync();
        var token = authority.AccessTokenOf(session);
        await authority.RevokeAsync(Match.Session(session.Id));
        return (authority.Read(token)!.Facts, token);
    }

    // A session of before the jump: none is started in it.
    private async Task<Session> NewSessionAsync(AuthorityHost authority)
    {
        _clock.Set(TimeSpan.FromDays(-1));
        var session = await authority.StartSessionAsync("bob");
        _clock.Set(TimeSpan.FromDays(1));
        return session;
    }

    private static Task<Answer> RevokeAsync(AuthorityHost authority, ClientRecord client) => authority.PostJsonAsync(
        "/v1/revocations", authority.Tokens.IssueFor(client, ["revoke"], authority.Tail.Head.Position).Text,
        """{"match":{"subject":"mallory"},"reason":"test"}""");

    // What upkeep does once a minute.
    private static async Task ForgetAsync(AuthorityHost authority)
    {
        await authority.Get<IRevocationStore>().PurgeAsync(Cancel);
        authority.Get<CommittedLog>().Purge(authority.Get<SteadyClock>().Believed);
    }

    // A new process.
    private static async Task<FollowingVerifier> FollowAsync(AuthorityHost authority, TimeProvider time)
    {
        var verifier = new FollowingVerifier(time);
        await verifier.FollowAsync(authority, Cancel);
        verifier.Replica.Purge();
        return verifier;
    }
}
