using System.Buffers.Text;
using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using Rescind.Conformance.Support;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Conformance;

/// <summary>
/// RFC 7515: the compact serialisation, read by a verifier over real HTTP. Every spelling is in <c>vectors/tokens.json</c>.
/// </summary>
public sealed class Rfc7515(SharedApi shared) : IClassFixture<SharedApi>
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    private static readonly Dictionary<string, Func<string, string>> Spellings = new()
    {
        ["two segments"] = good => good[..good.LastIndexOf('.')],
        ["four segments"] = good => good + ".AAAA",
        ["a dot at the end"] = good => good + ".",
        ["padding"] = good => good + "==",
        ["a blank inside"] = good => good.Insert(20, " "),
        ["an empty signature"] = good => good[..(good.LastIndexOf('.') + 1)],
        ["the other alphabet"] = good => good[..(good.LastIndexOf('.') + 1)] + "+/" + good[(good.LastIndexOf('.') + 3)..],
        ["another last character for the same bytes"] = good =>
            good[..^1] + Alphabet[Alphabet.IndexOf(good[^1], StringComparison.Ordinal) ^ 1],
    };

    private readonly FakeLog _log = shared.Log;

    public static TheoryData<string> Names { get; } = [.. Spellings.Keys];

    [Theory]
    [Proves("JWS-1")]
    [MemberData(nameof(Names))]
    public Task Only_three_strict_segments_are_a_token(string spelling) =>
        shared.ShouldRefuseAsync(Spellings[spelling](_log.Mint()));

    [Fact]
    [Proves("JWS-5")]
    public async Task The_input_is_verified_as_it_was_received_white_space_and_order_of_members_included() =>
        (await shared.Api.StatusAsync(shared.Sign(" { \"kid\" : \"" + _log.Key.KeyId + "\" , \"typ\":\"at+jwt\", "
            + "\"alg\":\"ES256\" } ")))
            .ShouldBe(HttpStatusCode.OK);

    [Theory]
    [Proves("JWS-2")]
    [InlineData("\"alg\":\"ES256\",")]
    [InlineData("\"typ\":\"at+jwt\",")]
    [InlineData("\"x\":1,\"x\":1,")]
    public Task A_header_with_a_name_twice_is_refused(string more) => shared.ShouldRefuseAsync(shared.Sign(shared.Header(more)));

    [Theory]
    [Proves("JWS-2")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"ES256\"")]
    [InlineData("{\"typ\":\"at+jwt\"}")]
    [InlineData("{\"alg\":7,\"typ\":\"at+jwt\"}")]
    public Task A_header_that_is_no_object_with_an_algorithm_is_refused(string header) =>
        shared.ShouldRefuseAsync(shared.Sign(header));

    [Theory]
    [Proves("JWS-3", "JWS-4")]
    [InlineData("\"crit\":[],")]
    [InlineData("\"crit\":[\"exp\"],")]
    [InlineData("\"crit\":[\"alg\"],")]
    [InlineData("\"crit\":[\"b64\"],\"b64\":true,")]
    [InlineData("\"crit\":\"b64\",")]
    [InlineData("\"b64\":false,")]
    public Task What_would_change_how_the_token_is_read_is_refused(string more) =>
        shared.ShouldRefuseAsync(shared.Sign(shared.Header(more)));

    [Fact]
    [Proves("JWS-6")]
    public async Task A_signature_in_DER_or_of_another_length_is_refused()
    {
        var good = _log.Mint();
        var signature = Base64Url.DecodeFromChars(good.Split('.')[2]);
        signature.Length.ShouldBe(64);

        await shared.ShouldRefuseAsync(With(good, ToDer(signature)));
        await shared.ShouldRefuseAsync(With(good, signature[..^1]));
        await shared.ShouldRefuseAsync(With(good, [.. signature, 0]));
        await shared.ShouldRefuseAsync(With(good, new byte[64]));
    }

    private static string With(string token, byte[] signature) =>
        token[..(token.LastIndexOf('.') + 1)] + Base64Url.EncodeToString(signature);

    private static byte[] ToDer(byte[] signature)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(signature.AsSpan(0, 32), isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true));
        }

        return writer.Encode();
    }
}
