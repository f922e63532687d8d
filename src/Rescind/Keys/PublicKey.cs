using System.Buffers.Text;
using System.Security.Cryptography;

namespace Rescind;

/// <summary>
/// A public key that is fit to verify tokens. This is the one place that says which JSON Web Keys are (RFC 7517 section
/// 4, RFC 7518 sections 3.3, 3.4 and 6, RFC 8725 sections 3.1, 3.4 and 3.5); <c>vectors/keys.json</c> proves it.
/// Immutable and safe for concurrent use.
/// </summary>
public sealed class PublicKey
{
    private readonly KeyNumbers _numbers;

    private PublicKey(string keyId, string? algorithm, KeyNumbers numbers)
    {
        KeyId = keyId;
        Algorithm = algorithm;
        _numbers = numbers;
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes($"{{{numbers.RequiredMembers()}}}")));
    }

    /// <summary>
    /// Every <c>alg</c> that is verified. None with a shared secret, which would let every verifier mint (BCP-2,
    /// BCP-4), and no EdDSA, which .NET has not.
    /// </summary>
    public static IReadOnlyList<string> Algorithms { get; } =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary><c>kid</c>.</summary>
    public string KeyId { get; }

    /// <summary><c>alg</c>: the one algorithm that the key is for; null if its document does not say.</summary>
    public string? Algorithm { get; }

    /// <summary>The RFC 7638 thumbprint, which names the key whatever its <c>kid</c> (T-27).</summary>
    public string Thumbprint { get; }

    /// <summary>
    /// Reads a JWK; false for one that verifies no tokens: of another type than <c>EC</c> and <c>RSA</c>, without a
    /// <c>kid</c>, for another <c>use</c>, without <c>verify</c> in its <c>key_ops</c>, with a private member, of fewer
    /// than 2048 bits, or no point of its curve. Never throws.
    /// </summary>
    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out PublicKey? key)
    {
        key = ClaimTable.TryRead(json, out var members, out _) ? Read(members) : null;
        return key is not null;
    }

    /// <summary>
    /// Whether a token with this <c>alg</c> may be verified by this key: that of its document, of its type and of its curve.
    /// </summary>
    public bool Fits(string algorithm) => (Algorithm is null || Algorithm == algorithm) && _numbers.Fits(algorithm);

    /// <summary>
    /// Whether this key has signed <paramref name="token"/>, a compact serialisation that was read as
    /// <paramref name="jws"/>, with the algorithm that it names.
    /// </summary>
    public bool Verifies(ReadOnlySpan<char> token, CompactJws jws)
    {
        ArgumentNullException.ThrowIfNull(jws);
        var dot = token.LastIndexOf('.');
        var signature = new byte[StrictBase64Url.DecodedLength(token.Length - dot - 1)];
        if (dot < 0 || !Fits(jws.Algorithm) || !StrictBase64Url.TryDecode(token[(dot + 1)..], signature, out _))
        {
            return false;
        }

        // The input is verified as it was received, never serialised again (JWS-5).
        var input = new byte[dot];
        return Encoding.ASCII.TryGetBytes(token[..dot], input, out var length) && length == dot
            && _numbers.Verifies(input, signature, jws.Algorithm);
    }

    /// <summary>The JWK: <c>kid</c>, <c>alg</c> if there is one, and the numbers as RFC 7518 writes them.</summary>
    public string ToJson()
    {
        var algorithm = Algorithm is null ? "" : $",\"alg\":\"{JsonEncodedText.Encode(Algorithm)}\"";
        return $"{{\"kid\":\"{JsonEncodedText.Encode(KeyId)}\"{algorithm},{_numbers.RequiredMembers()}}}";
    }

    internal static PublicKey? Read(ClaimTable jwk) =>
        jwk.Text("kid") is { Length: > 0 and <= CompactJws.MaxKeyIdLength } keyId && IsForVerifying(jwk)
        && KeyNumbers.Read(jwk) is { } numbers
            ? new(keyId, jwk.Text("alg"), numbers)
            : null;

    // RFC 7517 sections 4.2 to 4.4. A private member is there for everybody to read: whoever signs by it is not the
    // issuer (JWK-3).
    private static bool IsForVerifying(ClaimTable jwk) =>
        (!jwk.Has("alg") || jwk.Text("alg") is not null)
        && (!jwk.Has("use") || jwk.Text("use") == "sig")
        && (!jwk.TryFind("key_ops", out var operations) || AllowVerifying(operations))
        && !Array.Exists(KeyNumbers.PrivateMembers, jwk.Has);

    private static bool AllowVerifying(JsonElement operations) =>
        operations.ValueKind is JsonValueKind.Array
        && operations.EnumerateArray().All(operation => operation.ValueKind is JsonValueKind.String)
        && operations.EnumerateArray().Any(operation => operation.ValueEquals("verify"u8));
}
