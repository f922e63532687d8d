using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Rescind.Tests;

/// <summary>Compact texts of tokens. The signature signs nothing: the reader does not look at it.</summary>
internal static class TestToken
{
    public const string Header = """{"alg":"ES256","typ":"at+jwt","kid":"k1"}""";

    private const string Signature = ".AAAA";

    public static string Of(string payload, string header = Header) =>
        Encode(Encoding.UTF8.GetBytes(header)) + "." + Encode(Encoding.UTF8.GetBytes(payload)) + Signature;

    public static string Of(JsonObject payload) => Of(payload.ToJsonString());

    /// <summary>The name of a token without an id (T-14).</summary>
    public static string DigestOf(string token) =>
        Encode(SHA256.HashData(Encoding.ASCII.GetBytes(token[..token.LastIndexOf('.')])));

    public static TokenFacts Read(string token, IssuerRecord record, string? thumbprint = null)
    {
        CompactJws.TryRead(token, out var jws, out var fault).ShouldBeTrue(fault.ToString());
        TokenFacts.TryCreate(jws!, record, thumbprint, out var facts, out fault).ShouldBeTrue(fault.ToString());
        return facts!;
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);
}
