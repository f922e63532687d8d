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

    ValueTask<string?> ISessionClaims.FindAsync(MintingSession session, CancellationToken cancellationToken) =>
        new(_answer(session));

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

    /// <summary>What no token can carry, and the rule that it breaks.</summary>
    public static TheoryData<string, string> Broken => new()
    {
        { $$"""{"roles":"{{new string('r', 9 * 1024)}}"}""", "RSC1302" },
        { "{" + string.Join(',', Enumerable.Range(0, 65).Select(n => $"\"c{n}\":1")) + "}", "RSC1302" },
        { new string(' ', 70_000) + "{}", "RSC1302" },
        { """{"sub":"bob"}""", "RSC1301" },
        { """{"scope":"admin"}""", "RSC1301" },
        { """{"note":"bob@example.com"}""", "RSC1316" },
        { "[]", "RSC1313" },
        { "null", "RSC1313" },
        { "", "RSC1313" },
        { "no JSON", "RSC1313" },
        { """{"a":1}{"b":2}""", "RSC1313" },
        { """{"a":1,"a":2}""", "RSC1313" },
        { """{"a":{"x":1,"x":2}}""", "RSC1313" },
        { """{"a":"\ud800"}""", "RSC1313" },
        { "{\"a\":\"\ud800\"}", "RSC1313" },
        { """{"a":""" + new string('[', 16) + new string(']', 16) + "}", "RSC1313" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_session_whose_claims_no_token_can_carry_is_told_so_for_as_long_as_it_is_so_and_loses_nothing(
        string claims, string rule)
    {
        var session = await _authority.StartSessionAsync();
        var token = _authority.RefreshTokens.Derive(session);
        Answer(claims);

        for (var i = 0; i < 3; i++)
        {
            var answer = await _authority.RefreshAsync(token);

            ((int)answer.Status, answer["error"], answer["code"], answer["access_token"])
                .ShouldBe((400, "server_error", "RSC1325", null));
            answer.Response.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromMinutes(1));
        }

        (await AuditedAsync(session.Id)).ShouldHaveSingleItem().ShouldStartWith(rule);
        Answer("{}");
        ((int)(await _authority.RefreshAsync(token)).Status).ShouldBe(200);
    }

    [Fact]
    public async Task The_audit_trail_says_so_again_after_a_day()
    {
        var session = await _authority.StartSessionAsync();
        Answer("[]");
        await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));
        _time.Advance(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1));

        await _authority.RefreshAsync(_authority.RefreshTokens.Derive(session));

        (await AuditedAsync(session.Id)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_page_keeps_its_cookie_and_is_told_the_number()
    {
        var token = _authority.RefreshTokens.Derive(await _authority.StartSessionAsync());
        Answer("[]");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/browser/refresh");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("Cookie", $"{Page.CookieName}={token}");

        var answer = await _authority.SendAsync(request);

        answer.ShouldBeProblem(System.Net.HttpStatusCode.BadRequest);
        (answer["code"], answer.Response.Headers.Contains("Set-Cookie")).ShouldBe(("RSC1325", false));
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_start_is_refused_by_the_rule_that_its_claims_break_and_leaves_no_session(string claims, string rule)
    {
        Answer(claims);
        var subject = Entropy.System.NextId();

        var refused = await Should.ThrowAsync<SessionRefusedException>(_authority.Get<ISessions>().StartAsync(subject));
        var answer = await _authority.StartAsync($$"""{"subject":"{{subject}}","client_id":"web","audience":"orders"}""");

        refused.Code.ShouldBe(rule);
        (answer["code"], answer["access_token"]).ShouldBe((rule, null), answer.Text);
        ((int)answer.Status).ShouldBeInRange(400, 403);
        await HasNoSessionAsync(subject);
    }

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task A_start_by_the_application_with_such_claims_of_its_own_is_refused_before_anything_is_written(
        string claims, string rule)
    {
        var subject = Entropy.System.NextId();

        var refused = await Should.ThrowAsync<SessionRefusedException>(
            _authority.Get<ISessions>()
                .StartAsync(new SessionStart { Subject = subject, Audience = ["orders"], Claims = claims }));

        refused.Code.ShouldBe(rule);
        (await SessionsAsync(subject)).ShouldBe(0);
    }

    [Fact]
    public async Task What_an_application_leaves_out_is_refused_with_a_code_too()
    {
        SessionStart whole = new() { Subject = "alice", Audience = ["orders"] };
        SessionStart[] starts =
        [
            whole with { Subject = null! }, whole with { ClientId = null! }, whole with { Claims = null! },
            whole with { Audience = [null!] }, whole with { Amr = [null!] },
            whole with { Tags = new Dictionary<string, string> { ["tenant"] = null! } },
            whole with { Tags = new Dictionary<string, string> { ["tenant"] = new('t', 5000) } },
            whole with { Tags = Enumerable.Range(0, 17).ToDictionary(n => $"t{n}", _ => "x") },
            whole with { Tags = Enumerable.Range(0, 16).ToDictionary(n => $"t{n}", _ => new string('x', 1000)) },
        ];

        foreach (var start in starts)
        {
            var refused = await Should.ThrowAsync<SessionRefusedException>(_authority.Get<ISessions>().StartAsync(start));

            refused.Code.ShouldBeOneOf("RSC1302", "RSC1313");
        }
    }

    [Fact]
    public async Task A_start_that_nobody_answers_is_refused_with_a_code_and_leaves_no_session()
    {
        _answer = _ => throw new InvalidOperationException("the user store is away");
        var subject = Entropy.System.NextId();

        (await Should.ThrowAsync<SessionRefusedException>(_authority.Get<ISessions>().StartAsync(subject))).Code
            .ShouldBe("RSC1908");
        var answer = await _authority.StartAsync($$"""{"subject":"{{subject}}","client_id":"web","audience":"orders"}""");

        ((int)answer.Status, answer["code"], answer.Response.Headers.RetryAfter is null).ShouldBe((503, "RSC1908", false));
        await HasNoSessionAsync(subject);
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

    private async Task<List<string?>> AuditedAsync(string session)
    {
        var audit = await _authority.GetAsync($"/v1/audit?session={session}", await _authority.BearerAsync("admin"));
        return [.. audit.Json.GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("action").GetString() == "claims.refused")
            .Select(entry => entry.GetProperty("reason").GetString())];
    }

    private async Task HasNoSessionAsync(string subject) => (await SessionsAsync(subject, "&state=active")).ShouldBe(0);

    private async Task<int> SessionsAsync(string subject, string more = "") => (await _authority.GetAsync(
        $"/v1/sessions?subject={subject}{more}",
        await _authority.BearerAsync("admin"))).Json.GetProperty("sessions").GetArrayLength();

    private void Answer(string claims) => _answer = _ => Task.FromResult<string?>(claims);

    private static string RoleIn(string token) =>
        System.Text.Json.JsonDocument.Parse(
            System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement.GetProperty("role")
            .GetString()!;
}
