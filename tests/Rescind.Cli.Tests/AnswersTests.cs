using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Rescind.Cli.Http;
using Rescind.Cli.Tests.Support;

namespace Rescind.Cli.Tests;

/// <summary>Whatever an Authority answers, no verb ends with a stack trace.</summary>
public sealed class AnswersTests : IDisposable
{
    private const string Session =
        """
        {"session_id":"s","subject":"alice","client_id":"web","audience":["orders"],"scope":"read","claims":{"plan":"pro"},
        "tags":{"tenant":"acme"},
        "device":{"name":"laptop","user_agent":"browser","address":"10.0.0.1"},"created_at":"2026-11-23T10:00:00Z",
        "authenticated_at":"2026-11-23T10:00:00Z","last_refreshed_at":"2026-11-23T10:00:00Z","generation":2,
        "idle_expires_at":"2026-12-23T10:00:00Z","expires_at":"2026-12-23T10:00:00Z","state":"ended","ended_by":"rv_5",
        "blocked_by":"rv_6"}
        """;

    private const string Client =
        """
        {"client_id":"web","kind":"confidential","scopes":["feed"],"clients":["app"],"issuers":["https://idp.example"],
        "origins":["https://shop.example"],"backchannel_logout_uri":"https://shop.example/logout","verifiers":3,
        "client_secret":"hidden","old_secret_until":"2026-11-23T10:00:00Z"}
        """;

    private const string Issuer =
        """
        {"issuer":"https://idp.example","max_token_lifetime":300,"max_session_lifetime":3600,"clock_skew":5,"leeway":30,
        "iat":"required","types":["at+jwt"],"algorithms":["ES256"],
        "claims":{"subject":"sub","session":"sid","token":"jti","client":"azp"},"sends_auth_time":true}
        """;

    private const string Keys =
        """
        {"keys":[{"kid":"k","algorithm":"ES256","state":"active","created_at":"2026-11-23T10:00:00Z",
        "active_from":"2026-11-23T10:00:00Z","retired_at":"2026-11-23T10:00:00Z"}]}
        """;

    private const string Verifiers =
        """
        {"verifiers":[{"name":"orders","client_id":"web","instance":"i","state":"live","behind":0,"age_ms":5,"bound":60,
        "live_connections":1,"version":"1","address":"10.0.0.1","position":5}]}
        """;

    private const string Act =
        """
        {"id":"rv_5","position":5,"issuer":"http://127.0.0.1:7070","match":{"tag":{"name":"tenant","value":"acme"}},
        "effect":"renew","before":"2026-11-23T10:00:00Z","until":"2026-11-23T10:00:00Z","except":["s"],"reason":"a thief",
        "actor":"client:admin","at":"2026-11-23T10:00:00Z","remember_until":"2026-11-23T10:00:00Z","lifted_by":"rv_6",
        "spread":60,"affected":{"sessions":3},"load":{"refreshes":3,"per_second":0.5},"connections":2,
        "warnings":[{"code":"RSC2107","message":"It mints again."}],
        "in_force":{"verifiers":2,"applied":1,"ms":5,"behind":["orders"],"certain_at":"2026-11-23T10:00:00Z",
        "uncounted":0,"closed":1}}
        """;

    private const string Snapshot = """{"epoch":"e","head":4,"at":1764000000,"chain":"c"}""";

    private const string Feed =
        """
        {"entries":[{"kind":"state","position":5,"at":1764000000,"issuer":"http://127.0.0.1:7070","match":"tag",
        "name":"tenant","value":"acme",
        "end":{"by":5},"renew":{"by":5}}],"more":false,"pace_ms":1,"nonce":"n","head":{"position":5}}
        """;

    private const string Token = """{"access_token":"t","token_type":"Bearer","expires_in":300}""";
    private const string Admin = """{"client_id":"admin","client_secret":"hidden"}""";

    // The route whose answer is changed, what it is, what must be in it, how the verb ends, and its command line.
    private static readonly (string Route, string Answer, string[] Required, int Exit, string[] Line)[] Verbs =
    [
        ("GET /v1/sessions", $$"""{"sessions":[{{Session}}],"next":"9"}""", ["$.sessions"], 0, ["sessions", "list"]),
        ("GET /v1/sessions/s", Session, [], 0, ["sessions", "show", "s"]),
        ("POST /v1/sessions", Session, [], 0, ["sessions", "start", "alice", "--audience", "orders"]),
        ("GET /v1/clients", $$"""{"clients":[{{Client}}]}""", ["$.clients"], 0, ["clients", "list"]),
        ("POST /v1/clients", Client, [], 0, ["clients", "add", "web", "--scope", "feed"]),
        ("PATCH /v1/clients/web", Client, [], 0, ["clients", "set", "web", "--scope", "feed"]),
        ("POST /v1/clients/web/secret", Client, [], 0, ["clients", "secret", "web"]),
        ("GET /v1/issuers", $$"""{"issuers":[{{Issuer}}]}""", ["$.issuers"], 0, ["issuers", "list"]),
        ("POST /v1/issuers", Issuer, [], 0, ["issuers", "add", "https://idp.example"]),
        ("GET /v1/keys", Keys, ["$.keys"], 0, ["keys", "list"]),
        ("POST /v1/keys/rotate", Keys, ["$.keys"], 0, ["keys", "rotate"]),
        ("GET /v1/verifiers", Verifiers, ["$.verifiers"], 0, ["verifiers"]),
        ("POST /v1/revocations", Act, ["$.position"], 0, ["revoke", "session", "s", "--reason", "x", "--wait", "0.1"]),
        ("POST /v1/revocations", Act, [], 6, ["revoke", "client", "web", "--reason", "x", "--json"]),
        ("GET /v1/verifiers", Verifiers, ["$.verifiers", "$.verifiers.position"], 0,
            ["revoke", "session", "s", "--reason", "x", "--wait", "0.1"]),
        ("DELETE /v1/revocations/rv_5", Act, [], 0, ["lift", "rv_5"]),
        ("GET /v1/revocations/rv_5", Act, [], 0, ["why", "rv_5"]),
        ("GET /v1/feed/snapshot", Snapshot, ["$.epoch", "$.head"], 0, ["tail", "--count", "1"]),
        ("GET /v1/feed", Feed, ["$.entries", "$.entries.position"], 0, ["tail", "--count", "1"]),
        ("POST /token", Token, ["$.access_token"], 0, ["keys", "list"]),
    ];

    private readonly StubAuthority _authority = new();
    private readonly Folder _folder = new();

    public static TheoryData<int> All { get; } = [.. Enumerable.Range(0, Verbs.Length)];

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_member_of_an_answer_may_be_missing_null_or_unknown_unless_the_verb_needs_it(int verb)
    {
        var (route, answer, required, exit, line) = Verbs[verb];
        await ShouldEndAsync(route, answer.Replace("{", """{"later":[null],""", StringComparison.Ordinal), line, exit);
        foreach (var path in PathsOf(JsonNode.Parse(answer)!.AsObject(), "$"))
        {
            var expected = required.Contains(path) ? 3 : exit;
            await ShouldEndAsync(route, Changed(answer, path, (members, name) => members.Remove(name)), line, expected);
            await ShouldEndAsync(route, Changed(answer, path, (members, name) => members[name] = null), line, expected);
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task A_member_of_another_type_ends_in_a_sentence_or_is_shown_as_it_is(int verb)
    {
        var (route, answer, required, exit, line) = Verbs[verb];
        foreach (var path in PathsOf(JsonNode.Parse(answer)!.AsObject(), "$"))
        {
            foreach (var value in new[] { "-9223372036854775808", "[null]", "{\"x\":{}}" })
            {
                var ended = await RunAsync(
                    route, Changed(answer, path, (members, name) => members[name] = JsonNode.Parse(value)), line);
                new[] { exit, 3 }.ShouldContain(ended.Code, $"{path} is {value}: {ended.Out}{ended.Error}");
                if (ended.Code == 3)
                {
                    required.ShouldContain(path, $"is {value}");
                    ended.Error.ShouldNotBeEmpty();
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_answer_that_is_no_object_ends_in_a_sentence(int verb)
    {
        var (route, answer, _, _, line) = Verbs[verb];
        foreach (var body in new[] { "null", "[]", "1", "\"x\"", "{", "<html>", answer.Insert(1, "\"x\":1,\"x\":1,") })
        {
            var ended = await RunAsync(route, body, line);
            (ended.Code, ended.Error.Length > 0).ShouldBe((3, true), $"{body}: {ended.Out}{ended.Error}");
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_answer_with_half_a_surrogate_pair_in_it_ends_in_a_sentence(int verb)
    {
        var (route, answer, _, _, line) = Verbs[verb];
        foreach (var member in new[] { """ "later":"\ud800" """, """ "later":[{"x":"a\udc00b"}] """, """ "\ud800":1 """ })
        {
            var ended = await RunAsync(route, answer.Insert(1, member + ","), line);
            (ended.Code, ended.Error.Length > 0).ShouldBe((3, true), $"{member}: {ended.Out}{ended.Error}");
        }
    }

    [Theory]
    [InlineData("""{"error":"\ud800"}""")]
    [InlineData("""{"title":"No.","code":"RSC2001","detail":"\udc00"}""")]
    public async Task A_problem_with_half_a_surrogate_pair_in_it_is_one_that_cannot_be_read(string body)
    {
        using var answer = new HttpResponseMessage(HttpStatusCode.BadRequest) { Content = new StringContent(body) };

        var problem = await AuthorityProblem.ReadAsync(answer, TestContext.Current.CancellationToken);

        problem.Message.ShouldBe("The Authority answered 400.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("a b")]
    [InlineData("a=b")]
    [InlineData(@"a\r\nb")]
    [InlineData(@"t\n")]
    [InlineData("t\u00e9")]
    public async Task An_access_token_that_no_header_can_carry_is_no_token(string token)
    {
        var ended = await RunAsync(
            "POST /token", Token.Replace("\"t\"", $"\"{token}\"", StringComparison.Ordinal), ["keys", "list"]);

        ended.With(3).Error.ShouldContain("no usable access_token");
    }

    [Fact]
    public async Task An_access_token_has_every_character_that_it_may() => await ShouldEndAsync("POST /token",
        Token.Replace("\"t\"", "\"aZ09-._~+/==\"", StringComparison.Ordinal), ["keys", "list"], 0);

    [Theory]
    [InlineData("""{"later":[null],"client_id":"admin","client_secret":"hidden"}""", 0)]
    [InlineData("""{"client_secret":"hidden"}""", 2)]
    [InlineData("""{"client_id":"admin"}""", 2)]
    [InlineData("""{"client_id":null,"client_secret":"hidden"}""", 2)]
    [InlineData("""{"client_id":"admin","client_secret":1}""", 2)]
    [InlineData("""{"client_id":"admin","client_secret":{}}""", 2)]
    [InlineData("""{"client_id":"admin","client_secret":"hidden","client_secret":"other"}""", 2)]
    [InlineData("""{"client_id":"\ud800","client_secret":"hidden"}""", 2)]
    [InlineData("""{"client_id":"admin","client_secret":"hidden\udc00"}""", 2)]
    [InlineData("""{"client_id":"admin","client_secret":"hidden","\ud800":1}""", 2)]
    [InlineData("[]", 2)]
    [InlineData("null", 2)]
    [InlineData("", 2)]
    public async Task The_file_of_the_administrator_holds_both_or_is_named(string file, int exit)
    {
        var ended = await RunAsync("GET /v1/keys", Keys, ["keys", "list"], file);

        ended.With(exit).Error.Contains("admin.json does not hold", StringComparison.Ordinal).ShouldBe(exit == 2);
        ended.Error.ShouldNotContain("hidden");
    }

    [Fact]
    public void A_folder_in_the_place_of_the_file_of_the_administrator_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "admin.json"));

        var failure = Should.Throw<VerbFailure>(() => Credentials.Find(_folder.Path, new(_authority.Url)));

        (failure.Exit, failure.Message.Contains("admin.json does not hold", StringComparison.Ordinal))
            .ShouldBe((ExitCode.Usage, true));
    }

    private async Task ShouldEndAsync(string route, string answer, string[] line, int exit)
    {
        var ended = await RunAsync(route, answer, line);
        ended.Code.ShouldBe(exit, $"{answer}\n{ended.Out}{ended.Error}");
    }

    private async Task<Ended> RunAsync(string route, string answer, string[] line, string admin = Admin)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "admin.json"), admin, TestContext.Current.CancellationToken);
        (string Route, string Body)[] bodies =
        [
            ("POST /token", Token), ("GET /v1/keys", Keys), ("GET /v1/verifiers", Verifiers), ("POST /v1/revocations", Act),
            ("GET /v1/feed/snapshot", Snapshot), ("GET /v1/feed", Feed), (route, answer),
        ];
        foreach (var (path, body) in bodies)
        {
            _authority.Bodies[path] = body.ReplaceLineEndings("");
        }

        var ended = await InProcess.RunAsync([.. line, "--authority", _authority.Url, "--data", _folder.Path]);
        ended.Error.ShouldNotContain("   at ");
        return ended;
    }

    // Each member of each object, through the first item of an array.
    private static IEnumerable<string> PathsOf(JsonObject members, string path) => members.SelectMany(member =>
        ObjectIn(member.Value) is { } inner
            ? PathsOf(inner, $"{path}.{member.Key}").Prepend($"{path}.{member.Key}")
            : [$"{path}.{member.Key}"]);

    private static JsonObject? ObjectIn(JsonNode? node) => node as JsonObject ?? (node as JsonArray)?[0] as JsonObject;

    private static string Changed(string answer, string path, Action<JsonObject, string> change)
    {
        var root = JsonNode.Parse(answer)!.AsObject();
        var names = path.Split('.')[1..];
        change(names[..^1].Aggregate(root, (members, name) => ObjectIn(members[name])!), names[^1]);
        return root.ToJsonString(JsonSerializerOptions.Default);
    }
}
