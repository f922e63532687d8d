using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>Cookies (RFC 6265bis), Fetch metadata and Clear-Site-Data: what cookie mode makes of them.</summary>
public sealed class CookieMode(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private const string Refresh = "/browser/refresh";
    private const string Logout = "/browser/logout";

    private readonly AuthorityHost _authority = shared.Host;

    public static TheoryData<string> Routes => [Refresh, Logout];

    /// <summary>Headers that a page of our own origin does not send, name and value by turns.</summary>
    public static TheoryData<string> ForeignHeaders =>
    [
        "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Sec-Fetch-Site: none",
        $"Sec-Fetch-Site: cross-site|Origin: {AuthorityHost.Issuer}",
        $"Sec-Fetch-Site: same-site|Referer: {AuthorityHost.Issuer}/",
        "Origin: null", "Origin: https://evil.example", "Origin: http://127.0.0.1:7071", "Origin: https://127.0.0.1:7070",
        $"Origin: {AuthorityHost.Issuer}.evil.example", $"Origin: {AuthorityHost.Issuer}/", "Origin: http://localhost:7070",
        $"Origin: https://evil.example|Referer: {AuthorityHost.Issuer}/", $"Referer: {AuthorityHost.Issuer}.evil.example/",
        $"Referer: https://evil.example/?{AuthorityHost.Issuer}", "Referer: nonsense", "Referer: /relative",
        "Sec-Fetch-Site: same-origin, cross-site", "Sec-Fetch-Site: nonsense",
    ];

    public static TheoryData<string> OwnHeaders =>
    [
        "Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-origin|Origin: https://proxied.example",
        $"Origin: {AuthorityHost.Issuer}", $"Referer: {AuthorityHost.Issuer}/shop?page=1",
        $"Sec-Fetch-Site: Same-Origin|Origin: {AuthorityHost.Issuer}",
        $"Sec-Fetch-Site: a-word-of-tomorrow|Origin: {AuthorityHost.Issuer}",
    ];

    [Fact]
    [Proves("CK-1", "CK-2", "CK-3")]
    public async Task Over_https_the_cookie_has_the_prefix_and_what_it_demands_and_lives_as_long_as_its_session()
    {
        await using var authority = await SecureAsync();
        var page = await LogInAsync(authority);
        page.Cookie = "__Host-" + page.Cookie;

        var answer = await page.RefreshAsync();

        var (cookie, attributes) = (Page.SetCookieOf(answer)!.Split("; ")[0], Page.SetCookieOf(answer)!.Split("; ")[1..]);
        cookie.ShouldStartWith("__Host-rescind=rt_");
        attributes.ShouldContain(attribute => attribute.StartsWith("max-age=12095", StringComparison.Ordinal));
        attributes[1..].ShouldBe(["path=/", "secure", "samesite=strict", "httponly"]);
    }

    [Theory]
    [Proves("CK-1")]
    [InlineData("__host-rescind")]
    [InlineData("__HOST-RESCIND")]
    [InlineData("__Host-Rescind")]
    [InlineData("rescind")]
    public async Task The_name_of_the_cookie_is_compared_exactly(string name)
    {
        await using var authority = await SecureAsync();
        var page = await LogInAsync(authority);
        page.Cookie = $"{name}={page.RefreshToken}";

        (await page.RefreshAsync())["code"].ShouldBe("RSC1207");
    }

    [Fact]
    [Proves("CK-6")]
    public async Task The_cookie_is_far_below_what_browsers_keep()
    {
        var page = await LogInAsync(_authority);
        (await page.RefreshAsync()).Status.ShouldBe(HttpStatusCode.OK);

        page.Cookie!.Length.ShouldBeLessThan(128);
    }

    [Fact]
    [Proves("CK-8")]
    public async Task The_cookie_is_deleted_with_the_attributes_that_it_was_set_with()
    {
        await using var authority = await SecureAsync();
        var page = await LogInAsync(authority);
        page.Cookie = "__Host-" + page.Cookie;

        Page.SetCookieOf(await page.LogOutAsync())
            .ShouldBe("__Host-rescind=; max-age=0; path=/; secure; samesite=strict; httponly");
    }

    [Theory]
    [Proves("CS-1", "CS-2", "CS-4")]
    [MemberData(nameof(ForeignHeaders))]
    public async Task A_request_from_elsewhere_or_from_nowhere_does_nothing(string headers)
    {
        foreach (var path in Routes.Select(row => row.Data))
        {
            var page = await LogInAsync(_authority);
            var before = page.Cookie;

            var answer = await page.PostAsync(path, Read(headers));

            answer.ShouldBeProblem(HttpStatusCode.Forbidden);
            (answer["code"], page.Cookie).ShouldBe(("RSC1206", before));
            (await page.RefreshAsync()).Status.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [Proves("CS-1", "CS-2", "CS-4")]
    [MemberData(nameof(OwnHeaders))]
    public async Task A_request_of_our_own_page_is_served(string headers)
    {
        var page = await LogInAsync(_authority);

        (await page.PostAsync(Refresh, Read(headers))).Status.ShouldBe(HttpStatusCode.OK);
        (await page.PostAsync(Logout, Read(headers))).Status.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [Proves("CS-3")]
    [MemberData(nameof(Routes))]
    public async Task Nothing_changes_by_GET(string path) =>
        (await _authority.GetAsync(path)).ShouldBeProblem(HttpStatusCode.MethodNotAllowed);

    [Theory]
    [Proves("CS-5")]
    [MemberData(nameof(Routes))]
    public async Task An_answer_that_depends_on_the_page_says_so(string path)
    {
        var page = await LogInAsync(_authority);

        (await page.PostAsync(path, ("Sec-Fetch-Site", "cross-site"))).Response.Headers.Vary.ShouldBe(["Sec-Fetch-Site"]);
        (await page.PostAsync(path)).Response.Headers.Vary.ShouldBe(["Sec-Fetch-Site"]);
    }

    [Fact]
    [Proves("CS-6")]
    public async Task A_bearer_header_needs_no_page_and_makes_none()
    {
        var page = await LogInAsync(_authority);
        var bearer = ("Authorization", $"Bearer {_authority.AccessTokenOf(await _authority.StartSessionAsync())}");

        (await page.PostAsync(Logout, bearer)).ShouldBeProblem(HttpStatusCode.Forbidden);
        (await page.PostAsync("/me/logout", bearer, ("Sec-Fetch-Site", "cross-site")))["code"].ShouldBe("RSC1101");
        (await page.RefreshAsync()).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    [Proves("CD-2", "CD-3", "CD-5")]
    public async Task A_logout_clears_caches_and_storage_but_no_cookie_of_others_and_no_refused_one_clears_anything()
    {
        var page = await LogInAsync(_authority);

        var refused = await page.PostAsync(Logout, ("Sec-Fetch-Site", "cross-site"));
        var answer = await page.LogOutAsync();

        refused.Response.Headers.Contains("Clear-Site-Data").ShouldBeFalse();
        answer.Response.Headers.GetValues("Clear-Site-Data").ShouldBe(["\"cache\", \"storage\""]);
    }

    [Theory]
    [Proves("CD-5")]
    [MemberData(nameof(Routes))]
    public async Task Without_a_durable_store_it_is_503_and_the_browser_keeps_everything(string path)
    {
        await using var authority = await AuthorityHost.StartAsync(services => services.AddSingleton<ISessionStore, LostStore>());
        var page = new Page(
            authority, authority.RefreshTokens.Derive(LostStore.NewSession(authority.RefreshTokens.CurrentKeyId)));

        var answer = await page.PostAsync(path);

        answer.ShouldBeProblem(HttpStatusCode.ServiceUnavailable);
        answer.Response.Headers.RetryAfter.ShouldNotBeNull();
        (Page.SetCookieOf(answer), answer.Response.Headers.Contains("Clear-Site-Data")).ShouldBe((null, false));
    }

    private static async Task<Page> LogInAsync(AuthorityHost authority) =>
        new(authority, authority.RefreshTokens.Derive(await authority.StartSessionAsync()));

    private static Task<AuthorityHost> SecureAsync() =>
        AuthorityHost.StartAsync(
            services => services.Configure<AuthorityOptions>(options => options.Issuer = "https://auth.example"));

    private static (string Name, string Value)[] Read(string headers) =>
        [
            .. headers.Split('|', StringSplitOptions.RemoveEmptyEntries)
                .Select(header => header.Split(": ")).Select(part => (part[0], part[1])),
        ];
}
