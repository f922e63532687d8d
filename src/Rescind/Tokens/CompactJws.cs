using System.Security.Cryptography;

namespace Rescind;

/// <summary>
/// A token as it was read: the compact serialisation taken apart, header and payload decoded, nothing verified. The strict reader
/// refuses what the common .NET reader takes: padding, blanks, trailing bytes, duplicate names, <c>crit</c>, keys that the token
/// brings itself (JWS-1 to JWS-5, BCP-8, BCP-15, T-15, T-22). Immutable; <c>vectors/tokens.json</c> proves it.
/// </summary>
public sealed class CompactJws
{
    /// <summary>The longest token, in characters; checked before anything is decoded.</summary>
    public const int MaxLength = 16 * 1024;

    /// <summary>The deepest nesting of header or payload.</summary>
    public const int MaxDepth = 16;

    /// <summary>The longest <c>kid</c>, in characters (T-26).</summary>
    public const int MaxKeyIdLength = 256;

    // Members by which a token could choose its own key or change how it is read (JWS-3, JWS-4, BCP-15).
    private static readonly string[] RefusedMembers = ["crit", "b64", "jku", "x5u", "jwk", "x5c"];

    private CompactJws(string algorithm, string? type, string keyId, ClaimTable claims, byte[] digest)
    {
        Algorithm = algorithm;
        Type = type;
        KeyId = keyId;
        Claims = claims;
        Digest = digest;
    }

    /// <summary><c>alg</c> of the header.</summary>
    public string Algorithm { get; }

    /// <summary><c>typ</c> of the header, as it stands.</summary>
    public string? Type { get; }

    /// <summary><c>kid</c> of the header: a token without one is not read (T-26, T-27).</summary>
    public string KeyId { get; }

    /// <summary><c>iss</c> of the payload; unverified.</summary>
    public string? Issuer => Claims.Text("iss");

    internal ClaimTable Claims { get; }

    /// <summary>SHA-256 of the signing input (T-14): the same for every spelling of the signature.</summary>
    internal ReadOnlyMemory<byte> Digest { get; }

    /// <summary>
    /// Reads a token. Never throws, whatever the input; work and memory are bounded by <see cref="MaxLength"/> (G8).
    /// </summary>
    public static bool TryRead(ReadOnlySpan<char> token, [NotNullWhen(true)] out CompactJws? jws, out TokenFault fault)
    {
        jws = null;
        if (token.Length > MaxLength)
        {
            fault = TokenFault.TooLarge;
            return false;
        }

        if (!TrySplit(token, out var header, out var payload, out var signature)
            || Decode(header) is not { } headerBytes || Decode(payload) is not { } payloadBytes || Decode(signature) is null)
        {
            fault = TokenFault.Format;
            return false;
        }

        if (!ClaimTable.TryRead(headerBytes, out var members, out fault)
            || !ClaimTable.TryRead(payloadBytes, out var claims, out fault)
            || !TryReadHeader(members, out var algorithm, out var type, out var keyId, out fault))
        {
            return false;
        }

        jws = new(algorithm, type, keyId, claims, DigestOf(token[..(header.Length + 1 + payload.Length)]));
        return true;
    }

    private static bool TrySplit(
        ReadOnlySpan<char> token, out ReadOnlySpan<char> header, out ReadOnlySpan<char> payload, out ReadOnlySpan<char> signature)
    {
        header = payload = signature = default;
        Span<Range> parts = stackalloc Range[4];
        if (token.Split(parts, '.') != 3)
        {
            return false;
        }

        header = token[parts[0]];
        payload = token[parts[1]];
        signature = token[parts[2]];
        return !header.IsEmpty && !payload.IsEmpty && !signature.IsEmpty;
    }

    private static byte[] DigestOf(ReadOnlySpan<char> signingInput)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return SHA256.HashData(bytes[..Encoding.ASCII.GetBytes(signingInput, bytes)]);
    }

    private static byte[]? Decode(ReadOnlySpan<char> segment)
    {
        var bytes = new byte[StrictBase64Url.DecodedLength(segment.Length)];
        return StrictBase64Url.TryDecode(segment, bytes, out _) ? bytes : null;
    }

    private static bool TryReadHeader(
        ClaimTable members, [NotNullWhen(true)] out string? algorithm, out string? type,
        [NotNullWhen(true)] out string? keyId, out TokenFault fault)
    {
        algorithm = members.Text("alg");
        type = members.Text("typ");
        keyId = members.Text("kid");
        var typeIsNoText = type is null && members.Has("typ");
        fault = Array.Exists(RefusedMembers, members.Has) || string.IsNullOrEmpty(algorithm) || typeIsNoText ? TokenFault.Header
            : keyId is not { Length: > 0 and <= MaxKeyIdLength } ? TokenFault.KeyId
            : TokenFault.NotRead;
        return fault is TokenFault.NotRead;
    }
}
