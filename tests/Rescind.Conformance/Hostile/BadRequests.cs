using System.Net;
using System.Text;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>
/// What is hardly HTTP, on raw connections: an answer that can be read, a 4xx, nothing of the inside, nothing written.
/// </summary>
public sealed class BadRequests(Target target) : IClassFixture<Target>
{
    private const int MaxBody = 64 * 1024;

    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "FOO"];

    // What follows the request line, after a Host of this machine. The server itself refuses these, before there is a route.
    private static readonly Dictionary<string, (string Head, string Body)> Malformed = new()
    {
        ["a second Host"] = ("Host: elsewhere.example\r\n", ""),
        ["a header without a colon"] = ("nonsense\r\n", ""),
        ["a header without a name"] = (": x\r\n", ""),
        ["a blank before the colon"] = ("X-A : 1\r\n", ""),
        ["a folded header"] = ("X-A: 1\r\n 2\r\n", ""),
        ["a NUL in a header"] = ("X-A: a\0b\r\n", ""),
        ["a lone line feed in a header"] = ("X-A: a\nb\r\n", ""),
        ["a negative length"] = ("Content-Length: -1\r\n", ""),
        ["a length that is no number"] = ("Content-Length: 1e3\r\n", ""),
        ["a length beyond all numbers"] = ("Content-Length: 99999999999999999999\r\n", ""),
        ["two lengths"] = ("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"),
        ["an unknown transfer coding"] = ("Transfer-Encoding: gzip\r\n", ""),
        ["200 headers"] = (string.Concat(Enumerable.Range(0, 200).Select(i => $"X-{i}: 1\r\n")), ""),
    };

    public static TheoryData<string> Names { get; } = [.. Malformed.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_not_well_formed_is_refused_everywhere(string name)
    {
        var before = target.Written();
        foreach (var route in target.Routes)
        {
            var (head, body) = Malformed[name];
            var answer = await RawConnection.AskAsync(target.Address, $"{Line(route)}{head}Connection: close\r\n\r\n{body}");
            ShouldBe(answer, "4[0-9][0-9]", $"{route}, {name}");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_request_line_of_9_KiB_is_414_and_headers_of_17_KiB_are_431()
    {
        foreach (var route in target.Routes)
        {
            var longLine = $"{route.Method} {route.Path}?{new string('a', 9 * 1024)} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
            ShouldBe(await RawConnection.AskAsync(target.Address, longLine), "414", $"{route}");
            ShouldBe(await RawConnection.AskAsync(target.Address, $"{Line(route)}X-A: {new string('a', 17 * 1024)}\r\n\r\n"),
                "431", $"{route}");
        }
    }

    [Fact]
    public async Task A_request_without_a_Host_or_for_another_one_is_refused_everywhere()
    {
        foreach (var route in target.Routes)
        {
            var hostless = $"{route.Method} {route.Path} HTTP/1.1\r\nConnection: close\r\n\r\n";
            ShouldBe(await RawConnection.AskAsync(target.Address, hostless), "400", $"{route}");
            var foreign = await target.AskAsync(route, change: request => request.Headers.Host = "auth.example");
            route.ShouldRefuse(foreign, "a foreign Host", HttpStatusCode.MisdirectedRequest);
        }
    }

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "")]
    [InlineData("x-forwarded-anything", "x")]
    public async Task A_request_that_was_forwarded_is_refused_everywhere(string header, string value)
    {
        foreach (var route in target.Routes)
        {
            var answer = await target.AskAsync(route, change: request => request.Headers.TryAddWithoutValidation(header, value));
            route.ShouldRefuse(answer, header, HttpStatusCode.MisdirectedRequest);
        }
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_take_is_405_and_names_those_that_it_takes()
    {
        var before = target.Written();
        foreach (var path in target.Routes.GroupBy(route => route.Path))
        {
            // The preflight of everything beneath /me stands on a route of its own.
            string[] preflight = path.Key.StartsWith("/me/", StringComparison.Ordinal) ? ["OPTIONS"] : [];
            foreach (var method in Methods.Except(path.Select(route => route.Method)).Except(preflight))
            {
                var answer = await RawConnection.AskAsync(
                    target.Address,
                    $"{method} {path.Key} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                ShouldBe(answer, "405", $"{method} {path.Key}");
                answer.ShouldContain("\r\nAllow: ");
                answer.Contains("\"code\":\"RSC1905\"", StringComparison.Ordinal).ShouldBe(method != "HEAD");
            }
        }

        target.Written().ShouldBe(before);
    }

    [Theory]
    [InlineData(MaxBody + 1)]
    [InlineData(10_000_000)]
    public async Task A_body_over_64_KiB_is_413_with_a_code_that_can_be_read(int length)
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesJson || route.TakesForm))
        {
            var head = Head(route) + $"Content-Length: {length}\r\n\r\n";
            var answer = await RawConnection.AskAsync(
                target.Address, (byte[])[.. Encoding.ASCII.GetBytes(head), .. new byte[length]]);
            ShouldBe(answer, "413", $"{route}");
            answer.ShouldContain("\"code\":\"RSC1102\"");
            answer.ShouldContain("\r\nConnection: close\r\n");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_body_over_64_KiB_in_chunks_is_413_with_a_code_that_can_be_read()
    {
        foreach (var route in target.Routes.Where(route => route.TakesJson || route.TakesForm))
        {
            var chunks = string.Concat(Enumerable.Repeat($"400\r\n{new string(' ', 1024)}\r\n", 64));
            var request = $"{Head(route)}Transfer-Encoding: chunked\r\n\r\n{chunks}1\r\n \r\n0\r\n\r\n";
            var answer = await RawConnection.AskAsync(target.Address, request);
            ShouldBe(answer, "413", $"{route}");
            answer.ShouldContain("\"code\":\"RSC1102\"");
            answer.ShouldContain("\r\nConnection: close\r\n");
        }
    }

    [Theory]
    [InlineData("zz\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("FFFFFFFFFFFFFFFFF\r\n")]
    [InlineData("1\r\nab\r\n")]
    public async Task A_chunk_that_is_none_is_400_with_a_code(string chunk)
    {
        foreach (var route in target.Routes.Where(route => route.TakesJson || route.TakesForm))
        {
            var answer = await RawConnection.AskAsync(
                target.Address, $"{Head(route)}Transfer-Encoding: chunked\r\n\r\n{chunk}0\r\n\r\n");
            ShouldBe(answer, "400", $"{route}");
            answer.ShouldContain("\"code\":\"RSC1113\"");
            answer.ShouldContain("\r\nConnection: close\r\n");
        }
    }

    [Theory]
    [InlineData("Prefer", "wait=99999999999999999999, wait=-1;;=,")]
    [InlineData("If-None-Match", "\"\"\"\", W/, *, \u0001")]
    [InlineData("Origin", "null, https://a.example, nonsense")]
    [InlineData("Accept", "*/*;q=nonsense")]
    [InlineData("Access-Control-Request-Method", "\"")]
    [InlineData("Expect", "200-nonsense")]
    public async Task A_header_that_nobody_understands_does_no_harm(string name, string value)
    {
        foreach (var route in target.Routes.Where(route => route.Path is not ("/v1/feed" or "/v1/keys/rotate")))
        {
            route.ShouldAnswer(
                await target.AskAsync(route, change: request => request.Headers.TryAddWithoutValidation(name, value)), name);
        }
    }

    private static string Line(Route route) => $"{route.Method} {route.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\n";

    private string Head(Route route) =>
        $"{Line(route)}Content-Type: {(route.TakesForm ? "application/x-www-form-urlencoded" : "application/json")}\r\n"
        + $"Authorization: {target.CallerOf(route)}\r\n";

    private static void ShouldBe(string answer, string status, string what)
    {
        answer.ShouldMatch($"^HTTP/1.1 {status} ", what);
        answer.ShouldNotContain("   at ", customMessage: what);
        answer.ShouldNotContain("Exception", customMessage: what);
    }
}
