using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Clients;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Client.Tests.Support;

namespace Rescind.Authority.Tests.Revocations;

/// <summary>A log that was written by a clock a day ahead, and the way on when the clock is right again.</summary>
public sealed class AcceptedTimeTests : IDisposable
{
    private const string Idp = "https://idp.example.com";

    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();
    private readonly SettableTime _clock = new(DateTimeOffset.UtcNow);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_answers_and_the_health_say_until_when_and_what_helps()
    {
        await using var authority = await StartAsync();
        await ActADayAheadAsync(authority);

        var refused = await RevokeAsync(authority, "bob");
        var health = await authority.GetAsync("/health");

        var until = DateTimeOffset.FromUnixTimeSeconds(authority.Tail.Head.At - LogHead.MaxClockLag)
            .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        refused.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        refused["code"].ShouldBe("RSC1012");
        refused["detail"].ShouldNotBeNull().ShouldContain(until);
        refused["detail"].ShouldNotBeNull().ShouldContain("rescind accept-time");
        refused.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
        health["status"].ShouldBe("degraded");
        health.Text.ShouldContain("RSC1012");
        health.Text.ShouldContain(until);
        (await authority.GetAsync("/health/ready")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Once_the_time_is_accepted_everything_goes_on_and_what_was_dead_stays_dead()
    {
        string dead;
        Session living;
        await using (var before = await StartAsync())
        {
            living = await before.StartSessionAsync("carol");
            await before.PostJsonAsync("/v1/issuers", BearerOf(before, "admin"), $$"""{"issuer":"{{Idp}}","profile":"oidc"}""");
            var session = await before.StartSessionAsync();
            dead = before.AccessTokenOf(session);
            await before.RevokeAsync(Match.Session(session.Id));
            await ActADayAheadAsync(before);
        }

        var accepted = await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        (accepted.Time, accepted.LogTime > _clock.GetUtcNow().AddHours(23)).ShouldBe((_clock.GetUtcNow(), true));
        await using var after = await StartAsync();
        after.Tail.Head.Epoch.ShouldBe(accepted.Epoch);
        after.Read(dead)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
        (await after.RefreshAsync(after.RefreshTokens.Derive(living))).Status.ShouldBe(HttpStatusCode.OK);
        (await after.GetAsync("/health"))["status"].ShouldBe("healthy");
        (await RevokeAsync(after, "bob")).Status.ShouldBe(HttpStatusCode.Created);
        (await after.GetAsync("/v1/audit?actor=local:alice", BearerOf(after, "admin"))).Text.ShouldContain("\"time.accepted\"");
    }

    [Fact]
    public async Task What_was_dated_a_day_ahead_is_dated_now_so_that_whoever_logs_in_again_gets_in()
    {
        Session ahead;
        await using (var before = await StartAsync())
        {
            await before.PostJsonAsync("/v1/issuers", BearerOf(before, "admin"), $$"""{"issuer":"{{Idp}}","profile":"oidc"}""");
            await ActADayAheadAsync(before, isBack: false);
            ahead = await before.StartSessionAsync("erin");
            _clock.Set(TimeSpan.FromDays(-1));
        }

        var accepted = (await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel)).Time.ToUnixTimeSeconds();

        await using var after = await StartAsync();
        var login = _clock.GetUtcNow().AddSeconds(1).ToUnixTimeSeconds();
        _clock.Advance(TimeSpan.FromSeconds(2));
        var body = $$"""{"subject":"dave","client_id":"shop","audience":"orders","auth_time":{{login}}}""";
        (await after.PostJsonAsync("/v1/sessions", BearerOf(after, "admin"), body)).Status.ShouldBe(HttpStatusCode.Created);
        var foreign = (await after.Revocations.ListAsync(new(Idp), default, 10, Cancel)).Rows.ShouldHaveSingleItem();
        (foreign.At, foreign.Second).ShouldBe((accepted, accepted));
        var (row, now) =
            ((await after.Get<ISessionStore>().FindAsync(ahead.Id, Cancel))!, _clock.GetUtcNow().ToUnixTimeSeconds());
        (row.CreatedAt <= now, row.AuthenticatedAt <= now, row.LastRefreshedAt <= now).ShouldBe((true, true, true));
        (row.IdleExpiresAt - row.LastRefreshedAt, row.ExpiresAt - row.AuthenticatedAt).ShouldBe((14 * 86_400L, 90 * 86_400L));
        after.Read(after.AccessTokenOf(row))!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_login_that_was_asked_for_again_while_the_clock_was_ahead_stays_dead_and_the_one_after_it_lives()
    {
        Session earlier, later;
        await using (var before = await StartAsync())
        {
            await ActADayAheadAsync(before, isBack: false);
            earlier = await before.StartSessionAsync("erin");
            _clock.Advance(TimeSpan.FromSeconds(10));
            await before.RevokeAsync(Match.Subject("erin"), Effect.Reauthenticate);
            _clock.Advance(TimeSpan.FromSeconds(10));
            later = await before.StartSessionAsync("erin");
            _clock.Set(TimeSpan.FromDays(-1));
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        var sessions = after.Get<ISessionStore>();
        after.Read(after.AccessTokenOf((await sessions.FindAsync(earlier.Id, Cancel))!))!.Verdict.Kind
            .ShouldBe(VerdictKind.Reauthenticate);
        var refreshed = after.Tokens.IssueFor((await sessions.FindAsync(later.Id, Cancel))!, after.Tail.Head.Position).Text;
        after.Read(refreshed)!.Verdict.IsValid.ShouldBeTrue();
    }

    [Fact]
    public async Task A_cutoff_that_reaches_a_login_of_the_wrong_clock_lets_the_logins_of_the_right_one_live()
    {
        await using (var before = await StartAsync())
        {
            _clock.Set(TimeSpan.FromDays(1));
            (await RevokeAsync(before, "dave"))["code"].ShouldBe("RSC1028");
            _clock.Advance(TimeSpan.FromMinutes(1));
            await before.StartSessionAsync("eve");
            _clock.Set(TimeSpan.FromDays(-1));
            await before.RevokeAsync(Match.Subject("erin"), Effect.Reauthenticate);
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        var session = await after.StartSessionAsync("erin");
        after.Read(after.AccessTokenOf((await after.Get<ISessionStore>().FindAsync(session.Id, Cancel))!))!.Verdict.IsValid
            .ShouldBeTrue();
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        (await after.Revocations.ListAsync(new(AuthorityHost.Issuer), default, 10, Cancel)).Rows
            .ShouldAllBe(act => act.Second <= now);
    }

    [Fact]
    public async Task A_verifier_that_runs_takes_new_logins_as_one_does_that_starts_and_goes_on_refusing_the_old_ones()
    {
        var running = new FollowingVerifier(_clock);
        TokenFacts old;
        Session later;
        await using (var before = await StartAsync())
        {
            await ActADayAheadAsync(before, isBack: false);
            var session = await before.StartSessionAsync("erin");
            _clock.Advance(TimeSpan.FromSeconds(10));
            await before.RevokeAsync(Match.Subject("erin"), Effect.Reauthenticate);
            old = before.Read(before.Tokens.IssueFor(session, before.Tail.Head.Position).Text)!.Facts;
            _clock.Advance(TimeSpan.FromSeconds(10));
            later = await before.StartSessionAsync("erin");
            await running.FollowAsync(before, Cancel);
            running.KindOf(old).ShouldBe(VerdictKind.Reauthenticate);
            _clock.Set(TimeSpan.FromDays(-1));
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        await running.FollowAsync(after, Cancel);
        _clock.Advance(TimeSpan.FromMinutes(2));
        var facts = after.Read(after.AccessTokenOf(await after.StartSessionAsync("erin")))!.Facts;
        await after.RevokeAsync(Match.Subject("bob"));
        var starting = new FollowingVerifier(_clock);
        await starting.FollowAsync(after, Cancel);
        await running.FollowAsync(after, Cancel);
        running.Replica.Forks.ShouldBe(1);
        (starting.KindOf(facts), running.KindOf(facts)).ShouldBe((VerdictKind.Valid, VerdictKind.Valid));
        var row = (await after.Get<ISessionStore>().FindAsync(later.Id, Cancel))!;
        var refreshed = after.Read(after.Tokens.IssueFor(row, after.Tail.Head.Position).Text)!.Facts;
        (starting.KindOf(refreshed), running.KindOf(refreshed)).ShouldBe((VerdictKind.Valid, VerdictKind.Valid));

        // When the time of the wrong clock comes.
        _clock.Set(TimeSpan.FromSeconds(old.IssuedAt!.Value - _clock.GetUtcNow().ToUnixTimeSeconds()));
        running.KindOf(old).ShouldBe(VerdictKind.Reauthenticate);
    }

    [Fact]
    public async Task A_token_of_a_login_that_was_asked_for_again_is_refused_when_the_time_of_the_wrong_clock_comes()
    {
        TokenFacts old;
        Session asked, other;
        await using (var before = await StartAsync())
        {
            await ActADayAheadAsync(before, isBack: false);
            (asked, other) = (await before.StartSessionAsync("erin"), await before.StartSessionAsync("frank"));
            _clock.Advance(TimeSpan.FromSeconds(10));
            old = before.Read(before.Tokens.IssueFor(asked, before.Tail.Head.Position).Text)!.Facts;
            await before.RevokeAsync(Match.Subject("erin"), Effect.Reauthenticate);
            _clock.Set(TimeSpan.FromDays(-1));
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        var act = (await after.Revocations.ListAsync(new(AuthorityHost.Issuer), default, 10, Cancel)).Rows
            .Where(act => act.Effect is Effect.Renew).ShouldHaveSingleItem();
        (act.Match, act.Actor, act.RememberUntil > old.ExpiresAt).ShouldBe((Match.Subject("erin"), "local:alice", true));
        (await after.RefreshAsync(after.RefreshTokens.Derive(other))).Status.ShouldBe(HttpStatusCode.OK);
        (await after.Get<ISessionStore>().FindAsync(asked.Id, Cancel))!.EndedBy.ShouldBeNull();

        // When the time of the wrong clock comes.
        _clock.Set(TimeSpan.FromSeconds(old.IssuedAt!.Value - _clock.GetUtcNow().ToUnixTimeSeconds()));
        var starting = new FollowingVerifier(_clock);
        await starting.FollowAsync(after, Cancel);
        starting.KindOf(old).ShouldBe(VerdictKind.Renew);
    }

    [Fact]
    public async Task Whom_a_cutoff_of_the_wrong_clock_had_ended_is_not_spared_by_the_corrected_one()
    {
        Session ended;
        await using (var before = await StartAsync())
        {
            _clock.Advance(TimeSpan.FromSeconds(10));
            ended = await before.StartSessionAsync("erin");
            _clock.Advance(TimeSpan.FromMinutes(20));
            _clock.Set(TimeSpan.FromHours(1));
            (await RevokeAsync(before, "dave"))["code"].ShouldBe("RSC1028");
            _clock.Advance(TimeSpan.FromMinutes(1));
            await before.RevokeAsync(Match.Subject("erin"), second: _clock.GetUtcNow().AddMinutes(-30).ToUnixTimeSeconds());
            _clock.Set(TimeSpan.FromHours(-1));
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        (await after.Get<ISessionStore>().FindAsync(ended.Id, Cancel))!.EndedBy.ShouldNotBeNull();
        (await after.RefreshAsync(after.RefreshTokens.Derive(ended))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_cutoff_of_a_clock_that_was_wrong_by_less_before_does_not_come_to_lie_before_its_act()
    {
        Session earlier;
        long acted;
        await using (var before = await StartAsync())
        {
            await before.PostJsonAsync("/v1/issuers", BearerOf(before, "admin"), $$"""{"issuer":"{{Idp}}","profile":"oidc"}""");
            _clock.Advance(TimeSpan.FromMinutes(10));
            earlier = await before.StartSessionAsync("erin");
            _clock.Advance(TimeSpan.FromMinutes(10));
            acted = _clock.GetUtcNow().ToUnixTimeSeconds();
            _clock.Set(TimeSpan.FromHours(1));
            (await RevokeAsync(before, "dave"))["code"].ShouldBe("RSC1028");
            _clock.Advance(TimeSpan.FromMinutes(1));
            await before.RevokeAsync(Match.Subject("gina"), issuer: Idp);
            await before.RevokeAsync(Match.Subject("hugo"));
            await before.RevokeAsync(Match.Subject("erin"), Effect.Reauthenticate);
            await ActADayAheadAsync(before);
            _clock.Set(TimeSpan.FromHours(-1));
        }

        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);

        await using var after = await StartAsync();
        (await after.Revocations.ListAsync(new(Idp), default, 10, Cancel)).Rows.ShouldAllBe(act => act.Second >= acted);
        (await CutoffOfAsync(after, Match.Subject("gina"))).ShouldBeGreaterThanOrEqualTo(acted);
        var raced = $$"""{"subject":"hugo","client_id":"shop","audience":"orders","auth_time":{{acted - 300}}}""";
        (await after.PostJsonAsync("/v1/sessions", BearerOf(after, "admin"), raced))["code"].ShouldBe("RSC1310");
        var row = (await after.Get<ISessionStore>().FindAsync(earlier.Id, Cancel))!;
        after.Read(after.AccessTokenOf(row))!.Verdict.Kind.ShouldBe(VerdictKind.Reauthenticate);
    }

    [Fact]
    public async Task Where_a_clock_that_was_days_ahead_had_things_forgotten_verifiers_start_again_once_the_time_is_accepted()
    {
        await using (await StartAsync())
        {
        }

        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        await using (var connection = new SqliteConnection(
            $"Data Source={Path.Combine(_folder.Path, "rescind.db")};Pooling=False"))
        {
            await connection.OpenAsync(Cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = $"update head set forgotten = {now + 86_400}";
            await command.ExecuteNonQueryAsync(Cancel);
        }

        (await SnapshotAsync()).ShouldBe(HttpStatusCode.Conflict);
        await BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel);
        (await SnapshotAsync()).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> SnapshotAsync()
        {
            await using var authority = await StartAsync();
            return (await authority.GetAsync($"/v1/feed/snapshot?now={now}", await authority.BearerAsync("feed"))).Status;
        }
    }

    [Fact]
    public async Task Nothing_is_accepted_where_the_log_is_not_ahead_or_a_server_runs()
    {
        await using (var running = await StartAsync())
        {
            await RevokeAsync(running, "bob");
            (await RefusalAsync()).ShouldStartWith("RSC1006");
        }

        var before = await EpochAsync();
        (await RefusalAsync()).ShouldStartWith("RSC1029");
        (await EpochAsync()).ShouldBe(before);
    }

    // As verifiers get it.
    private static async Task<long> CutoffOfAsync(AuthorityHost authority, Match match)
    {
        var cutoff = 0L;
        await authority.Revocations.SnapshotAsync(
            time: default,
            _ => Task.CompletedTask,
            entry =>
            {
                cutoff = entry.Issuer == Idp && entry.Match == match ? entry.State!.End.Second : cutoff;
                return Task.CompletedTask;
            },
            Cancel);
        return cutoff;
    }

    // As an operator sees it: the clock is a day ahead for some minutes, and somebody revokes.
    private async Task ActADayAheadAsync(AuthorityHost authority, bool isBack = true)
    {
        _clock.Set(TimeSpan.FromDays(1));
        (await RevokeAsync(authority, "dave"))["code"].ShouldBe("RSC1028");
        _clock.Advance(TimeSpan.FromMinutes(1));
        (await RevokeAsync(authority, "dave")).Status.ShouldBe(HttpStatusCode.Created);
        await authority.RevokeAsync(Match.Subject("frank"), issuer: Idp);
        _clock.Set(TimeSpan.FromDays(isBack ? -1 : 0));
    }

    private async Task<AuthorityHost> StartAsync()
    {
        var authority = await AuthorityHost.StartAsync(
            services => services.AddSingleton<TimeProvider>(_clock), data: _folder.Path);
        if (authority.Get<ClientRegistry>().Find("shop") is null)
        {
            await authority.AddClientAsync("shop", scopes: ["admin", "revoke"]);
        }

        return authority;
    }

    private static Task<Answer> RevokeAsync(AuthorityHost authority, string subject) => authority.PostJsonAsync(
        "/v1/revocations", BearerOf(authority, "revoke"), $$"""{"match":{"subject":"{{subject}}"},"reason":"test"}""");

    // Of a client that was there before the clock was set.
    private static string BearerOf(AuthorityHost authority, string scope) =>
        authority.Tokens.IssueFor(authority.Get<ClientRegistry>().Find("shop")!, [scope], authority.Tail.Head.Position).Text;

    private async Task<string> RefusalAsync() => (await Should.ThrowAsync<InvalidOperationException>(
        () => BreakGlass.AcceptTimeAsync(_folder.Path, "local:alice", _clock, Cancel))).Message;

    private async Task<string> EpochAsync()
    {
        await using var authority = await StartAsync();
        return authority.Tail.Head.Epoch;
    }
}
