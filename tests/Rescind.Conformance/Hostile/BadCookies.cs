using System.Net;
using Rescind.Authority.Http.Access;
using Rescind.Conformance.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>Cookies that no honest browser sends: answered like none or like a dead one, nothing written.</summary>
public sealed class BadCookies(Target target) : IClassFixture<Target>
{
    private static readonly string[] Cookies =
    [
        "", ";", "=", "rescind", "rescind=", "rescind=;", "rescind==", "rescind=rt_", "rescind=rt_AAAA",
        "rescind=eyJhbGciOiJub25lIn0.e30.", "rescind=\"rt_AAAA\"", "rescind=rt_%41", "rescind=rt_A A",
        "rescind=a; rescind=b", "rescind=%00", "rescind=;;;;", "$Version=1; rescind=x",
        "rescind=" + new string('A', 12_000), string.Concat(Enumerable.Repeat("rescind=x;", 1_200)),
        string.Concat(Enumerable.Repeat("a=;", 4_000)), "rescind=rt_" + new string('A', 72), "\u00e9=\u00fc; rescind=\u00fc",
    ];

    private IEnumerable<Route> Paged => target.Routes.Where(route => route.Access.Kind is AccessKind.OwnPage);

    public static TheoryData<string> Values { get; } = [.. Cookies];

    [Fact]
    public void There_are_routes_that_take_a_cookie() => Paged.Count().ShouldBe(2);

    [Theory]
    [MemberData(nameof(Values))]
    public async Task What_is_no_cookie_of_ours_refreshes_nothing_and_ends_nothing(string cookie)
    {
        var before = target.Written();
        foreach (var route in Paged)
        {
            var head = $"{route.Method} {route.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n";
            var answer = await RawConnection.AskAsync(
                target.Address, $"{head}Sec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\r\n");
            var status = route.Path.EndsWith("/logout", StringComparison.Ordinal) ? "(204|400)" : "400";
            answer.ShouldMatch($"^HTTP/1.1 {status} ", $"{route}, {cookie}");
            answer.ShouldNotContain("Exception");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_cookie_counts_nowhere_else()
    {
        var cookie = "rescind=" + target.Host.RefreshTokens.Derive(await target.Host.StartSessionAsync());
        foreach (var route in target.Routes.Where(route => route.Access.IsBearer))
        {
            var answer = await target.AskAsync(route, change: request =>
            {
                request.Headers.Authorization = null;
                request.Headers.Add("Cookie", cookie);
                request.Headers.Add("Sec-Fetch-Site", "same-origin");
            });
            route.ShouldRefuse(answer, "a cookie", HttpStatusCode.Unauthorized);
        }
    }
}
