using System.Net;
using System.Text;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Tests.Support;

namespace Rescind.Conformance.Hostile;

/// <summary>Forms that are none, and parameters that are nothing: refused in the words of OAuth, nothing written.</summary>
public sealed class BadForms(Target target) : IClassFixture<Target>
{
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly Dictionary<string, byte[]> Broken = new()
    {
        ["a percent sign"] = "token=%&grant_type=%"u8.ToArray(),
        ["half of an escape"] = "token=a%4"u8.ToArray(),
        ["an escape of no digits"] = "token=%zz"u8.ToArray(),
        ["an escape in a name"] = "%zz=1"u8.ToArray(),
        ["escaped bytes that are not UTF-8"] = "token=%c3%28"u8.ToArray(),
        ["an escaped surrogate"] = "token=%ed%a0%80"u8.ToArray(),
        ["bytes that are not UTF-8"] = [.. "token="u8, 0xFF, 0xFE],
        ["an unknown parameter twice"] = "x=1&x=2"u8.ToArray(),
        ["a parameter twice, once in escapes"] = "token=a&t%6Fken=b"u8.ToArray(),
        ["65 parameters"] = Encoding.ASCII.GetBytes(string.Join('&', Enumerable.Range(0, 65).Select(i => $"p{i}=1"))),
        ["nothing"] = [],
        ["JSON"] = "{\"token\":\"x\",\"grant_type\":\"client_credentials\"}"u8.ToArray(),
    };

    private static readonly string[] Tokens =
    [
        "a", ".", "..", "a.b.c", "rt_", "rt_" + new string('A', 83), "rt_" + new string('A', 30_000),
        new string('a', 60_000), "%00", "%F0%9F%98%80", "%20", "e30.e30.e30", new string('.', 5_000),
        "eyJhbGciOiJub25lIn0.e30.", $"{new string('e', 9_000)}.{new string('e', 9_000)}.AA",
    ];

    public static TheoryData<string> Names { get; } = [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_no_form_is_an_invalid_request_everywhere(string name)
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesForm))
        {
            var answer = await target.AskAsync(route, Target.Body(Broken[name], Form));
            route.ShouldRefuse(answer, name, HttpStatusCode.BadRequest);
            answer["error"].ShouldBe("invalid_request");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_parameter_that_is_there_twice_is_an_invalid_request()
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesForm))
        {
            // RFC 8707 section 2: resource alone may be there more than once.
            foreach (var name in route.Described.Form.Where(name => name != "resource"))
            {
                var answer = await target.AskAsync(route, Target.Body(Encoding.ASCII.GetBytes($"{name}=x&{name}=x"), Form));
                route.ShouldRefuse(answer, name, HttpStatusCode.BadRequest);
                answer["error"].ShouldBe("invalid_request");
            }
        }

        target.Written().ShouldBe(before);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/json")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("application/x-www-form-urlencoded; charset=utf-16")]
    [InlineData("nonsense")]
    public async Task A_body_that_is_declared_as_something_else_is_an_invalid_request(string? type)
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesForm))
        {
            var answer = await target.AskAsync(route, Target.Body("token=x&grant_type=client_credentials"u8.ToArray(), type));
            route.ShouldRefuse(answer, type ?? "nothing", HttpStatusCode.BadRequest);
            answer["error"].ShouldBe("invalid_request");
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task Whatever_is_sent_as_a_token_writes_nothing()
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesForm))
        {
            foreach (var token in Tokens)
            {
                var form = $"grant_type=refresh_token&refresh_token={token}&scope={token}&token={token}&token_type_hint={token}";
                route.ShouldAnswer(await target.AskAsync(route, Target.Body(Encoding.ASCII.GetBytes(form), Form)), token);
            }
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task Credentials_that_are_none_are_an_invalid_client()
    {
        string[] headers =
        [
            "Basic", "Basic ", "Basic !!!", "Basic bm9jb2xvbg==", "Basic Og==", "Basic OnNlY3JldA==",
            "Basic Y2FsbGVyOiX/", "Basic /////w==", "Basic Y2FsbGVyOnNlY3JldA", "Basic " + new string('A', 4_000),
            "Basic Y2FsbGVyOnNlY3JldA== Y2FsbGVyOnNlY3JldA==", "Digest username=\"x\"",
            "Negotiate", "nonsense",
        ];
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.Access.Kind is AccessKind.Client))
        {
            foreach (var header in headers)
            {
                var body = Target.Body("grant_type=client_credentials&token=x"u8.ToArray(), Form);
                var answer = await target.AskAsync(route, body, change: request => WithAuthorization(request, header));
                route.ShouldRefuse(answer, header, HttpStatusCode.Unauthorized);
                answer["error"].ShouldBe("invalid_client");
            }
        }

        target.Written().ShouldBe(before);
    }

    private static void WithAuthorization(HttpRequestMessage request, string header)
    {
        request.Headers.Authorization = null;
        request.Headers.TryAddWithoutValidation("Authorization", header);
    }
}
