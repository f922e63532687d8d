using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Rescind.Conformance.Hostile;

/// <summary>Bodies that are not what a route that takes JSON asks for: refused with a code, nothing written.</summary>
public sealed class BadJson(Target target) : IClassFixture<Target>
{
    private const string Json = "application/json";

    // A body that each route would take. A route that takes JSON and is not here fails these tests.
    private static readonly Dictionary<string, string> Good = new()
    {
        ["POST /v1/sessions"] = """{"subject":"alice","audience":"orders"}""",
        ["PATCH /v1/sessions/x"] = """{"tags":{"tenant":"acme"}}""",
        ["POST /v1/revocations"] = """{"match":{"session":"x"},"reason":"test"}""",
        ["POST /v1/issuers"] = """{"issuer":"https://idp.example"}""",
        ["PATCH /v1/clients/x"] = """{"origins":["https://shop.example"]}""",
        ["POST /v1/clients/x/secret"] = """{"keep_old_for":60}""",
        ["POST /v1/clients"] = """{"client_id":"another","kind":"public"}""",
        ["POST /global-token-revocation"] = """{"sub_id":{"format":"iss_sub","iss":"http://127.0.0.1:7070","sub":"alice"}}""",
        ["POST /me/logout"] = "{}",
    };

    private static readonly Dictionary<string, Func<string, byte[]>> Broken = new()
    {
        ["nothing"] = _ => [],
        ["blanks"] = _ => "  \r\n"u8.ToArray(),
        ["null"] = _ => "null"u8.ToArray(),
        ["an array"] = good => Text($"[{good}]"),
        ["a number"] = _ => "1"u8.ToArray(),
        ["a string"] = _ => "\"{}\""u8.ToArray(),
        ["half of it"] = good => Text(good[..^1]),
        ["a member without a value"] = good => With(good, "\"x\":"),
        ["a comma too many"] = good => Text(good[..^1] + ",}"),
        ["names without quotes"] = good => With(good, "x:1"),
        ["single quotes"] = good => With(good, "'x':1"),
        ["a comment"] = good => Text(good + "/* x */"),
        ["a comment inside"] = good => Text("{//\n" + good[1..]),
        ["NaN"] = good => With(good, "\"x\":NaN"),
        ["Infinity"] = good => With(good, "\"x\":-Infinity"),
        ["a leading zero"] = good => With(good, "\"x\":01"),
        ["a plus"] = good => With(good, "\"x\":+1"),
        ["half of an exponent"] = good => With(good, "\"x\":1e"),
        ["a huge number"] = good => With(good, $"\"x\":{new string('9', 400)}"),
        ["a huge exponent"] = good => With(good, "\"x\":1e99999"),
        ["trailing text"] = good => Text(good + "x"),
        ["a second value"] = good => Text(good + good),
        ["a trailing NUL"] = good => Text(good + "\0"),
        ["a byte order mark"] = good => [0xEF, 0xBB, 0xBF, .. Text(good)],
        ["UTF-16"] = good => Encoding.Unicode.GetBytes(good),
        ["Latin-1"] = good =>
            Encoding.Latin1.GetBytes(good.Insert(1, "\"\u00e9\":1,").Replace(",}", "}", StringComparison.Ordinal)),
        ["an overlong form"] = good => [(byte)'{', (byte)'"', 0xC0, 0xAF, (byte)'"', (byte)':', (byte)'1', (byte)'}'],
        ["a surrogate in UTF-8"] = good => [(byte)'{', (byte)'"', 0xED, 0xA0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}'],
        ["half of a surrogate pair in a name"] = good => With(good, "\"\\ud800\":1"),
        ["half of a surrogate pair in a value"] = good => With(good, "\"x\":\"\\udc00\""),
        ["a control character"] = good => With(good, "\"x\":\"\u0001\""),
        ["a line break in a string"] = good => With(good, "\"x\":\"\n\""),
        ["an unknown escape"] = good => With(good, "\"x\":\"\\q\""),
        ["17 arrays deep"] = good => With(good, $"\"x\":{Nested('[', ']', 16)}"),
        ["17 levels of an object"] = good =>
            With(good, $"\"x\":{string.Concat(Enumerable.Repeat("{\"x\":", 16))}1{new string('}', 16)}"),
        ["as many brackets as fit"] = _ => Text(new string('[', 64 * 1024)),
        ["a member twice"] = good => With(good, "\"x\":1,\"x\":1"),
        ["a member twice, once with an escape"] = good => With(good, "\"x\":1,\"\\u0078\":1"),
        ["a member twice further in"] = good => With(good, "\"x\":[{\"y\":1,\"y\":1}]"),
        ["an unknown member"] = good => With(good, "\"x\":1"),
        ["an unknown member of 60 000 characters"] = good => With(good, $"\"{new string('x', 60_000)}\":1"),
        ["an unknown member cut in a surrogate pair"] = good => With(good, $"\"{new string('x', 63)}😀\":1"),
        ["__proto__"] = good => With(good, "\"__proto__\":{}"),
        ["$type"] = good => With(good, "\"$type\":\"System.Object\""),
        ["a name in capitals"] = good => With(good, "\"SUBJECT\":\"x\",\"REASON\":\"x\",\"CLIENT_ID\":\"x\",\"OTHERS\":true"),
    };

    // What no date can be, or what names no moment.
    private static readonly string[] Instants =
    [
        "2026-11-23T10:00:00", "2026-11-23", "0000-01-01T00:00:00Z", "2026-12-31T23:59:60Z", "10000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-23T25:00:00Z", "2026-11-23T10:00:00+99:00", "now", "",
        "1767225600",
    ];

    private static readonly string[] Logins =
        [
            "-1", "0", "1.5", "1e3", "1e400", "-9223372036854775808", "9223372036854775807", "9223372036854775808",
            "253402300800", "\"1767225600\"",
        ];

    public static TheoryData<string> Names { get; } = [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task What_is_not_the_JSON_that_was_asked_for_is_refused_everywhere(string name)
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            var answer = await target.AskAsync(route, Target.Body(Broken[name](Good[$"{route}"]), Json));
            route.ShouldRefuse(answer, name, HttpStatusCode.BadRequest);
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_value_of_another_kind_is_refused_at_every_member()
    {
        var before = target.Written();
        string[] values =
            ["null", "true", "1", "-1.5", "1e400", new string('9', 30), "\"text\"", "[]", "[[]]", "[null]", "{}", "{\"a\":{}}"];
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            foreach (var property in route.Described.Body!.Properties)
            {
                foreach (var value in values.Where(value => !Fits(value, property)))
                {
                    var body = Text(Replaced(Good[$"{route}"], property.Name, value));
                    var answer = await target.AskAsync(route, Target.Body(body, Json));
                    route.ShouldRefuse(answer, $"{property.Name} is {value}", HttpStatusCode.BadRequest);
                }
            }
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_text_of_20_000_characters_is_refused_at_every_member()
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            foreach (var property in route.Described.Body!.Properties.Where(property => property.PropertyType == typeof(string)))
            {
                var body = Text(Replaced(Good[$"{route}"], property.Name, $"\"{new string('é', 20_000)}\""));
                route.ShouldRefuse(await target.AskAsync(route, Target.Body(body, Json)), property.Name);
            }
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_required_member_that_is_missing_is_refused()
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            foreach (var property in route.Described.Body!.Properties.Where(property => property.IsRequired))
            {
                var body = JsonNode.Parse(Good[$"{route}"])!.AsObject();
                body.Remove(property.Name).ShouldBeTrue();
                route.ShouldRefuse(
                    await target.AskAsync(
                        route, Target.Body(Text(body.ToJsonString()), Json)), property.Name, HttpStatusCode.BadRequest);
            }
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_moment_that_does_not_exist_is_refused()
    {
        var before = target.Written();
        var revocations = target.Routes.Single(route => $"{route}" == "POST /v1/revocations");
        var sessions = target.Routes.Single(route => $"{route}" == "POST /v1/sessions");
        foreach (var (route, member, value) in Instants.SelectMany(
            instant => new[] { "before", "until" }, (i, m) => (revocations, m, $"\"{i}\""))
                .Concat(Logins.Select(login => (sessions, "auth_time", login))))
        {
            var body = Text(Replaced(Good[$"{route}"], member, value));
            route.ShouldRefuse(
                await target.AskAsync(route, Target.Body(body, Json)), $"{member} is {value}", HttpStatusCode.BadRequest);
        }

        target.Written().ShouldBe(before);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("text/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/json; charset=latin1")]
    [InlineData("application/problem+json")]
    [InlineData("application/json/json")]
    [InlineData("nonsense")]
    public async Task A_body_that_is_declared_as_something_else_is_refused(string? type)
    {
        var before = target.Written();
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            var answer = await target.AskAsync(route, Target.Body(Text(Good[$"{route}"]), type));
            route.ShouldRefuse(answer, type ?? "nothing", HttpStatusCode.UnsupportedMediaType);
        }

        target.Written().ShouldBe(before);
    }

    [Fact]
    public async Task A_compressed_body_is_refused()
    {
        foreach (var route in target.Routes.Where(route => route.TakesJson))
        {
            var body = Target.Body(Text(Good[$"{route}"]), Json);
            body.Headers.ContentEncoding.Add("gzip");
            route.ShouldRefuse(await target.AskAsync(route, body), "gzip", HttpStatusCode.UnsupportedMediaType);
        }
    }

    private static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);

    // The good body with more members at its end.
    private static byte[] With(string good, string members) =>
        Text(good.Length == 2 ? $"{{{members}}}" : $"{good[..^1]},{members}}}");

    private static string Nested(char open, char close, int depth) => new string(open, depth) + new string(close, depth);

    private static string Replaced(string good, string name, string value)
    {
        var body = JsonNode.Parse(good)!.AsObject();
        body.Remove(name);
        return Encoding.UTF8.GetString(With(body.ToJsonString(), $"\"{name}\":{value}"));
    }

    // What a member may well be. A JsonElement is read by its endpoint, and null is an omitted member where that is allowed.
    private static bool Fits(string value, JsonPropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return value == "null" ? !property.IsRequired
            : type == typeof(JsonElement) ? true
            : type == typeof(string) ? value[0] == '"'
            : type == typeof(bool) ? value == "true"
            : type == typeof(long) || type == typeof(int) ? value == "1"
            : property.Options.GetTypeInfo(type).Kind is JsonTypeInfoKind.Enumerable ? value == "[]"
            : value == "{}";
    }
}
