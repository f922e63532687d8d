using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>Cookie mode: what a page of our own origin gets by the cookie that <c>KeepInCookie</c> sets.</summary>
public sealed class BrowserEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _host = shared.Host;

    [Fact]
    public async Task A_login_puts_the_refresh_token_into_the_cookie_and_shows_the_page_the_rest()
    {
        var started = await _host.Get<ISessions>().StartAsync("alice");
        var context = new DefaultHttpContext { RequestServices = _host.Services };

        var shown = context.KeepInCookie(started);

        context.Response.Headers.SetCookie.ToString().ShouldStartWith($"{Page.CookieName}={started.RefreshToken};");
        context.Response.Headers.CacheControl.ToString().ShouldBe("no-store");
        JsonSerializer.Serialize(shown)
            .ShouldBe($$"""{"access_token":"{{started.AccessToken}}","expires_in":{{started.ExpiresIn}}}""");
        $"{shown}".ShouldNotContain(started.AccessToken);
    }

    [Fact]
    public async Task A_refresh_gives_an_access_token_and_the_next_cookie()
    {
        var page = await LogInAsync();
        var first = page.RefreshToken!;

        var answer = await page.RefreshAsync();

        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Text);
        answer.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["access_token", "expires_in"]);
        _host.Read(answer["access_token"]!)!.Verdict.Kind.ShouldBe(VerdictKind.Valid);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        page.RefreshToken.ShouldNotBe(first);
        (await page.RefreshAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_lost_answer_is_given_again_with_the_same_cookie()
    {
        var page = await LogInAsync();
        var before = page.Cookie;
        await page.RefreshAsync();
        var lost = page.Cookie;

        page.Cookie = before;
        var answer = await page.RefreshAsync();

        (answer.Status, page.Cookie).ShouldBe((HttpStatusCode.OK, lost));
    }

    [Fact]
    public async Task A_reused_cookie_ends_the_session_and_says_so()
    {
        var page = await LogInAsync();
        var old = page.Cookie;
        await page.RefreshAsync();
        await page.RefreshAsync();
        var newest = page.Cookie;

        page.Cookie = old;
        var reused = await page.RefreshAsync();
        page.Cookie = newest;
        var ended = await page.RefreshAsync();

        ShouldBeRefused(reused, "RSC1208", "reused");
        ShouldBeRefused(ended, "RSC1208", "ended");
        ended["explanation"].ShouldNotBeNull().ShouldStartWith("rv_");
    }

    [Fact]
    public async Task A_refusal_leaves_the_cookie_alone_because_it_may_be_a_newer_logins()
    {
        var page = await LogInAsync();
        await page.LogOutAsync();
        page.Cookie = $"{Page.CookieName}=rt_nonsense";

        var answer = await page.RefreshAsync();

        ShouldBeRefused(answer, "RSC1208", null);
        Page.SetCookieOf(answer).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("rescind=")]
    [InlineData("other=rt_x")]
    [InlineData("rescinded={0}")]
    [InlineData("RESCIND={0}")]
    [InlineData("rescind={0}; rescind={0}")]
    public async Task What_is_not_the_one_cookie_of_this_name_is_no_cookie(string cookie)
    {
        var page = await LogInAsync();
        page.Cookie = cookie.Replace("{0}", page.RefreshToken, StringComparison.Ordinal);

        ShouldBeRefused(await page.RefreshAsync(), "RSC1207", null);
    }

    [Fact]
    public async Task The_cookie_is_found_among_others()
    {
        var page = await LogInAsync();
        page.Cookie = $"a=b;{page.Cookie} ; c=\"d\"";

        (await page.RefreshAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_confidential_clients_session_is_not_refreshed_by_a_cookie()
    {
        var client = await _host.AddClientAsync("backend");
        var session = await _host.StartSessionAsync(clientId: client.ClientId);
        var page = new Page(_host, _host.RefreshTokens.Derive(session));

        ShouldBeRefused(await page.RefreshAsync(), "RSC1208", null);
        (await StateAsync(session)).ShouldBe(SessionState.Active);
    }

    [Fact]
    public async Task A_logout_ends_the_session_and_clears_the_browser()
    {
        var session = await _host.StartSessionAsync();
        var page = new Page(_host, _host.RefreshTokens.Derive(session));
        var access = (await page.RefreshAsync())["access_token"]!;

        var answer = await page.LogOutAsync();

        (answer.Status, answer.Text).ShouldBe((HttpStatusCode.NoContent, ""));
        Page.SetCookieOf(answer).ShouldBe("rescind=; max-age=0; path=/; samesite=strict; httponly");
        answer.Response.Headers.GetValues("Clear-Site-Data").ShouldBe(["\"cache\", \"storage\""]);
        answer.Response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        (await StateAsync(session)).ShouldBe(SessionState.Ended);
        _host.Read(access)!.Verdict.Kind.ShouldBe(VerdictKind.Revoked);
    }

    [Fact]
    public async Task A_logout_with_an_old_cookie_ends_the_session_too()
    {
        var session = await _host.StartSessionAsync();
        var page = new Page(_host, _host.RefreshTokens.Derive(session));
        var old = page.Cookie;
        await page.RefreshAsync();
        await page.RefreshAsync();

        page.Cookie = old;
        (await page.LogOutAsync()).Status.ShouldBe(HttpStatusCode.NoContent);

        (await StateAsync(session)).ShouldBe(SessionState.Ended);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("rt_nonsense")]
    public async Task Whoever_has_no_session_is_logged_out_already(string? token) =>
        (await new Page(_host, token).LogOutAsync()).Status.ShouldBe(HttpStatusCode.NoContent);

    [Fact]
    public async Task A_second_logout_appends_nothing()
    {
        var page = await LogInAsync();
        var cookie = page.Cookie;
        await page.LogOutAsync();
        var head = _host.Tail.Head.Position;

        page.Cookie = cookie;
        (await page.LogOutAsync()).Status.ShouldBe(HttpStatusCode.NoContent);

        _host.Tail.Head.Position.ShouldBe(head);
    }

    [Fact]
    public async Task In_Development_the_cookie_goes_without_Secure_and_the_log_says_so_once()
    {
        var lines = new LogLines();
        await using var host = await AuthorityHost.StartAsync(
            services => services.AddLogging(logging => logging.AddProvider(lines)));
        var page = new Page(host, host.RefreshTokens.Derive(await host.StartSessionAsync()));

        await page.RefreshAsync();
        var answer = await page.RefreshAsync();

        Page.SetCookieOf(answer).ShouldNotBeNull().ShouldEndWith("; path=/; samesite=strict; httponly");
        lines.Count(1806).ShouldBe(1);
        lines.Text.ShouldNotContain(page.RefreshToken!);
    }

    private async Task<Page> LogInAsync() => new(_host, _host.RefreshTokens.Derive(await _host.StartSessionAsync()));

    private async Task<SessionState> StateAsync(Session session) =>
        (await _host.Get<ISessionStore>().FindAsync(session.Id, CancellationToken.None))!
            .StateAt(_host.Get<TimeProvider>().GetUtcNow().ToUnixTimeSeconds());

    private static void ShouldBeRefused(Answer answer, string code, string? reason)
    {
        answer.ShouldBeProblem(HttpStatusCode.BadRequest);
        (answer["code"], answer["reason"]).ShouldBe((code, reason), answer.Text);
    }
}
