using System.Net;
using Rescind.Conformance.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>Whatever stands where a token should: refused at every guarded route before anything else is read.</summary>
public sealed class BadTokens(Target target) : IClassFixture<Target>
{
    private static readonly string[] Headers =
    [
        "", "Bearer", "Bearer ", "Bearer  ", "Bearer a", "Bearer .", "Bearer ..", "Bearer a.b.c", "Bearer a.b.c.d.e",
        "Bearer e30.e30.e30", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer rt_AAAA", "Bearer a b", "Bearer a,b",
        "Bearer \"a\"", "Bearer {\"alg\":\"none\"}", "Bearer %00", "Basic Y2FsbGVyOnNlY3JldA==", "Digest x",
        "Bearer\ta", "Bearera.b.c", "nonsense",
    ];

    private IEnumerable<Route> Guarded => target.Routes.Where(route => route.Access.IsBearer);

    public static TheoryData<string> Values { get; } = [.. Headers];

    [Theory]
    [MemberData(nameof(Values))]
    public async Task What_is_no_token_is_401_with_a_challenge_everywhere(string header)
    {
        var before = target.Written();
        foreach (var route in Guarded)
        {
            var answer = await target.AskAsync(route, change: request =>
            {
                request.Headers.Authorization = null;
                request.Headers.TryAddWithoutValidation("Authorization", header);
            });
            route.ShouldRefuse(answer, header, HttpStatusCode.Unauthorized);
            answer.Response.Headers.WwwAuthenticate.Single().Scheme.ShouldBe("Bearer");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_token_is_judged_before_its_body_is_read()
    {
        foreach (var route in Guarded.Where(route => route.TakesJson))
        {
            var answer = await target.AskAsync(
                route, Target.Body([0xFF], "nonsense"),
                change: request => request.Headers.Authorization = new("Bearer", "a.b.c"));
            route.ShouldRefuse(answer, "a bad body", HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        foreach (var route in Guarded)
        {
            var head = $"{route.Method} {route.Path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                + "Content-Length: 0\r\nAuthorization: Bearer ";
            var answer = await RawConnection.AskAsync(target.Address, head + "\u00ff\u00fe\u00c3(\r\n\r\n");
            answer.ShouldMatch("^HTTP/1.1 40[01] ", $"{route}");
        }
    }
}
