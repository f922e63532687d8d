using System.Globalization;
using CsCheck;

namespace Rescind.Tests.Tokens;

public sealed class HostileTokens
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly IssuerRecord Foreign = TestLog.Record(own: false);

    private static readonly string Good = TestToken.Of(
        $$"""{"iss":"{{TestLog.Foreign}}","sub":"u","exp":1767225900,"iat":1767225600,"roles":["a\u00e9"]}""");

    private static readonly Gen<string> AlmostJson =
        Gen.String[Gen.Char["{}[]\":,.\\u0dD8 eE+-19nullx"], 0, 60].Select(json => TestToken.Of(json));

    [Fact]
    public void Another_character_is_another_token_or_none() =>
        Gen.Select(Gen.Int[0, Good.Length - 1], Gen.Char[(char)0, (char)0x2ff]).Sample(
            (at, character) =>
            {
                var other = string.Concat(Good.AsSpan(0, at), [character], Good.AsSpan(at + 1));
                if (other == Good || !CompactJws.TryRead(other, out var jws, out _))
                {
                    return;
                }

                Alphabet.ShouldContain(character);
                var sameInput = TestToken.DigestOf(other) == TestToken.DigestOf(Good);
                sameInput.ShouldBe(at > Good.LastIndexOf('.'));
                CompactJws.TryRead(Good, out var good, out _).ShouldBeTrue();
                jws.Digest.Span.SequenceEqual(good!.Digest.Span).ShouldBe(sameInput);
            },
            iter: Cases.Of(0.1));

    [Fact]
    public void Garbage_is_refused_and_never_throws() => Gen.OneOf(Gen.String, AlmostJson).Sample(
        text =>
        {
            if (CompactJws.TryRead(text, out var jws, out var fault))
            {
                TokenFacts.TryCreate(jws, Foreign, null, out _, out fault).ShouldBeFalse();
            }

            fault.ShouldNotBe(TokenFault.NotRead);
        },
        iter: Cases.Of(0.1));

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_worst_shapes_cost_less_than_a_mebibyte(string shape, string payload)
    {
        var token = TestToken.Of(payload);
        token.Length.ShouldBeInRange(15_000, CompactJws.MaxLength, shape);
        ReadWhole(token);

        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadWhole(token);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1 << 20);
    }

    public static TheoryData<string, string> Shapes()
    {
        var claims = $"\"iss\":\"{TestLog.Foreign}\",\"exp\":1767225900,\"iat\":1767225600";
        string Filled(string start, Func<int, string> part, string end) => Repeat($"{{{claims},{start}", part, end + "}");
        return new()
        {
            { "many elements", Filled("\"a\":[1", _ => ",1", "]") },
            { "many texts", Filled("\"a\":[\"\"", _ => ",\"\"", "]") },
            { "many members", Filled("\"a\":1", i => $",\"{i.ToString("x", CultureInfo.InvariantCulture)}\":1", "") },
            {
                "many members deeper down",
                Filled("\"a\":{\"a\":1", i => $",\"{i.ToString("x", CultureInfo.InvariantCulture)}\":1", "}")
            },
            { "many objects", Filled("\"a\":[{}", _ => ",{}", "]") },
            { "many escapes", Filled("\"a\":\"", _ => "\\u00e9", "\"") },
            { "escapes and a lone surrogate", Filled("\"a\":\"", _ => "\\u00e9", "\\ud800\"") },
            { "a long number", Filled("\"nbf\":1", _ => "0", "") },
            { "a long fraction", Filled("\"nbf\":1.", _ => "9", "") },
            {
                "a name twice at the end",
                Filled("\"a\":1", i => $",\"{i.ToString("x", CultureInfo.InvariantCulture)}\":1", ",\"iss\":1")
            },
        };
    }

    private static string Repeat(string start, Func<int, string> part, string end)
    {
        const int Longest = 12_100;
        var text = new System.Text.StringBuilder(start);
        for (var i = 16; text.Length + end.Length < Longest; i++)
        {
            text.Append(part(i));
        }

        return text.Append(end).ToString();
    }

    private static void ReadWhole(string token)
    {
        if (CompactJws.TryRead(token, out var jws, out _))
        {
            TokenFacts.TryCreate(jws, Foreign, null, out _, out _);
        }
    }
}
