using System.Buffers.Text;
using System.Text;
using Rescind.Cli.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests;

public sealed class InspectTests(RunningAuthority authority)
{
    private const string Header = """{"alg":"ES256","typ":"at+jwt","kid":"k"}""";
    private const string Signature = "SIGNATURE-that-nobody-may-see-SIGNATURE";

    /// <summary>Tokens that somebody made to break a reader.</summary>
    public static TheoryData<string> Hostile =>
    [
        "x",
        "..",
        "a.b.c.d",
        "\u001b[2J.\u001b[2J." + Signature,
        Token("", "{}"),
        Token("[]", "{}"),
        Token("null", "null"),
        Token(Header, "{\"sub\":\"a\",\"sub\":\"b\"}"),
        Token(Header, "{\"sub\":\"\\ud800\"}"),
        Token(Header, "{\"\\ud800\":1}"),
        Token(Header, new string('[', 5000)),
        Token(Header, "{\"a\":" + new string('[', 40) + new string(']', 40) + "}"),
        Token("""{"alg":"none"}""", "{}"),
        Token("""{"alg":"ES256","crit":["b64"]}""", "{}"),
        Token("""{"alg":"ES256","jku":"https://evil.example"}""", "{}"),
        Token(Header, "{}") + "=",
        " " + Token(Header, "{}") + "\n\n" + Token(Header, "{}"),
        new string('A', 17 * 1024),
        new string('A', 2 * 1024 * 1024),
        Base64Url.EncodeToString([0xff, 0xfe]) + "." + Base64Url.EncodeToString([0xc3, 0x28]) + "." + Signature,
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task A_hostile_token_is_refused_without_a_stack_trace_or_its_signature(string token)
    {
        var ended = await InProcess.RunAsync(["inspect", "-", "--offline", "--json"], token);

        ended.Code.ShouldBeOneOf(1, 2);
        ended.Error.ShouldNotContain("   at ");
        (ended.Out + ended.Error).ShouldNotContain(Signature);
        if (ended.Code == 1)
        {
            ended.Json["reading"]!["accepted"]!.GetValue<bool>().ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Claims_are_shown_without_control_characters_signature_or_other_tokens()
    {
        var token = Token(Header,
            $$"""{"iss":"https://a.example","sub":"\u001b[31mred","x":"{{Signature}}","y":["rt_secret"],"z":{"t":"eyJ.eyJ.s"},"""
            + "\"exp\":1}");

        var people = (await InProcess.RunAsync(["inspect", "-", "--offline"], token)).With(0).Out;
        var program = (await InProcess.RunAsync(["inspect", "-", "--offline", "--json"], token)).With(0).Json;

        foreach (var text in new[] { people, program.ToJsonString() })
        {
            text.ShouldNotContain("\u001b");
            text.ShouldNotContain(Signature);
            text.ShouldNotContain("rt_secret");
            text.ShouldNotContain("eyJ.eyJ");
        }

        people.ShouldContain("1970-01-01 00:00:01Z");
        program["expired"]!.GetValue<bool>().ShouldBeTrue();
        program["claims"]!["iss"]!.GetValue<string>().ShouldBe("https://a.example");
    }

    [Fact]
    public async Task Claims_that_should_not_stand_in_a_token_are_named_with_their_detector()
    {
        var token = Token(Header,
            """{"sub":"alice@example.com","[red]":{"card":["4111 1111 1111 1111"]},"t":"eyJhbGciOiJ4In0.e30.c2ln","""
            + "\"role\":\"buyer\"}");

        var people = (await InProcess.RunAsync(["inspect", "-", "--offline"], token)).With(0).Out;
        var program = (await InProcess.RunAsync(["inspect", "-", "--offline", "--json"], token)).With(0).Json;

        program["sensitive"]!.ToJsonString().ShouldBe(
            """[{"claim":"sub","detector":"email"},{"claim":"[red]","detector":"card_number"},"""
            + """{"claim":"t","detector":"token"}]""");
        people.ShouldContain("carries what looks like an e-mail address in claim sub");
        people.ShouldContain("in claim [red]");
    }

    [Fact]
    public async Task A_number_that_is_no_instant_stays_a_number() =>
        (await InProcess.RunAsync(["inspect", "-", "--offline"], Token(Header, """{"exp":1e400,"iat":-1e308}""")))
            .With(0).Out.ShouldContain("-1E+308");

    [Fact]
    public async Task A_living_token_is_valid_and_the_missing_signature_check_is_said()
    {
        var token = (string)(await authority.StartSessionAsync("inspect-valid"))["access_token"]!;

        var program = (await authority.SendAsync(token, "inspect", "-", "--json")).With(0);
        var people = (await authority.SendAsync(token, "inspect", "-")).With(0);

        ((string)program.Json["verdict"]!["kind"]!).ShouldBe("valid");
        program.Json["signature_checked"]!.GetValue<bool>().ShouldBeFalse();
        people.Out.ShouldContain("valid");
        people.Error.ShouldContain("signature was not checked");
        (program.Out + people.Out + people.Error).ShouldNotContain(token.Split('.')[2]);
    }

    [Fact]
    public async Task A_dead_token_names_the_rule_that_kills_it_and_ends_with_1()
    {
        var session = await authority.StartSessionAsync("inspect-dead");
        var token = (string)session["access_token"]!;
        var id = (string)(await authority.RunAsync("revoke", "session", (string)session["session_id"]!, "--reason", "laptop lost",
            "--json")).With(0).Json["id"]!;

        var program = (await authority.SendAsync(token, "inspect", "-", "--json")).With(1).Json;
        var people = (await authority.SendAsync(token, "inspect", "-")).With(1).Out;

        ((string)program["verdict"]!["kind"]!).ShouldBe("revoked");
        ((string)program["verdict"]!["by"]!).ShouldBe(id);
        ((string)program["verdict"]!["rule"]!["reason"]!).ShouldBe("laptop lost");
        people.ShouldContain("laptop lost");
    }

    [Fact]
    public async Task A_token_of_an_issuer_that_the_Authority_does_not_know_is_not_called_good() =>
        (await authority.SendAsync(Token(Header, """{"iss":"https://a.example"}"""), "inspect", "-"))
            .With(1).Error.ShouldContain("issuer");

    [Fact]
    public async Task An_Authority_that_was_named_and_does_not_answer_ends_with_3() =>
        (await InProcess.RunAsync(
            ["inspect", "-", "--authority", FreeUrl.Next(), "--data", authority.Data], Token(Header, """{"iss":"a"}"""))).With(3);

    private static string Token(string header, string payload) => $"{Encoded(header)}.{Encoded(payload)}.{Signature}";

    private static string Encoded(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
}
