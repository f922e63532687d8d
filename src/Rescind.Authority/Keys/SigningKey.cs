using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Keys;

/// <summary>
/// One asymmetric key of the ring, opened. Its <c>kid</c> is its RFC 7638 thumbprint, so the same key cannot appear under a
/// second name (JWK-5). Signs and verifies through the pooled providers of the identity library: safe for concurrent use.
/// </summary>
internal sealed class SigningKey : IDisposable
{
    // typ says at+jwt and logout+jwt in so many characters: nothing here comes from a caller.
    private static readonly JsonWriterOptions AsIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly AsymmetricSignatureProvider _signer;
    private readonly AsymmetricSignatureProvider _verifier;
    private readonly string _accessHeader;
    private readonly string _logoutHeader;

    private SigningKey(StoredKey row, JsonWebKey jwk)
    {
        Row = row;
        _signer = new(jwk, row.Algorithm, willCreateSignatures: true);
        _verifier = new(jwk, row.Algorithm, willCreateSignatures: false);
        (_accessHeader, _logoutHeader) = (HeaderOf("at+jwt", row), HeaderOf("logout+jwt", row));
    }

    /// <summary>The algorithms that a key can have. A symmetric one has no public part that verifiers could hold.</summary>
    public static IReadOnlyList<string> Algorithms { get; } =
    [
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.RsaSha256,
        SecurityAlgorithms.RsaSsaPssSha256,
    ];

    /// <summary>The row that it was opened from.</summary>
    public StoredKey Row { get; private init; }

    /// <summary>Its <c>kid</c>.</summary>
    public string Id => Row.Id;

    /// <summary>A new key in state <see cref="KeyState.Next"/>.</summary>
    public static SigningKey Create(string algorithm, MasterKey master, long now)
    {
        using AsymmetricAlgorithm pair = algorithm switch
        {
            SecurityAlgorithms.EcdsaSha256 => ECDsa.Create(ECCurve.NamedCurves.nistP256),
            SecurityAlgorithms.EcdsaSha384 => ECDsa.Create(ECCurve.NamedCurves.nistP384),
            SecurityAlgorithms.RsaSha256 or SecurityAlgorithms.RsaSsaPssSha256 => RSA.Create(2048),
            _ => throw new ArgumentException($"{algorithm} is none of {string.Join(' ', Algorithms)}.", nameof(algorithm)),
        };
        var jwk = JwkOf(pair);
        var id = Base64Url.EncodeToString(jwk.ComputeJwkThumbprint());
        var secret = pair.ExportPkcs8PrivateKey();
        var row = new StoredKey(
            id, algorithm, KeyState.Next, master.Seal(id, secret), PublicJwk(jwk, id, algorithm), now, null, null);
        CryptographicOperations.ZeroMemory(secret);
        return new(row, jwk);
    }

    /// <summary>
    /// Opens a stored key; throws <see cref="MasterKeyException"/> if it does not open or is not what its row says.
    /// </summary>
    public static SigningKey Open(StoredKey row, MasterKey master)
    {
        using AsymmetricAlgorithm pair = row.Algorithm.StartsWith("ES", StringComparison.Ordinal) ? ECDsa.Create() : RSA.Create();
        var secret = master.Open(row.Id, row.Sealed.Span);
        pair.ImportPkcs8PrivateKey(secret, out _);
        CryptographicOperations.ZeroMemory(secret);
        var jwk = JwkOf(pair);
        return Base64Url.EncodeToString(jwk.ComputeJwkThumbprint()) == row.Id && Announces(row)
            ? new(row, jwk)
            : throw new MasterKeyException(Errors.DataDamaged.Sentence($"The key {row.Id} is not the one that its row names."));
    }

    // What verifiers are given: a text that none of them can read would keep the whole key set from them.
    private static bool Announces(StoredKey row) =>
        row.PublicJwk is { } json && PublicKey.TryRead(Encoding.UTF8.GetBytes(json), out var key) && key.Thumbprint == row.Id;

    /// <summary>The same key at another point of its life.</summary>
    public SigningKey In(StoredKey row) => new(this, row);

    /// <summary>Lets the pooled providers go.</summary>
    public void Dispose()
    {
        _signer.Dispose();
        _verifier.Dispose();
    }

    private SigningKey(SigningKey same, StoredKey row)
    {
        (_signer, _verifier) = (same._signer, same._verifier);
        (_accessHeader, _logoutHeader) = (same._accessHeader, same._logoutHeader);
        Row = row;
    }

    /// <summary>An access token with these claims (AT-1).</summary>
    public string SignAccessToken(ReadOnlySpan<byte> claims) => SignUnder(_accessHeader, claims);

    /// <summary>A logout token with these claims: of a type of its own, so that nobody takes it for an access token.</summary>
    public string SignLogoutToken(ReadOnlySpan<byte> claims) => SignUnder(_logoutHeader, claims);

    /// <summary>The JWS signature of <paramref name="input"/>.</summary>
    public byte[] Sign(byte[] input) => _signer.Sign(input);

    /// <summary>Whether <paramref name="signature"/> is this key's over <paramref name="input"/>.</summary>
    public bool Verify(byte[] input, byte[] signature) => _verifier.Verify(input, signature);

    private static string HeaderOf(string type, StoredKey row) => Base64Url.EncodeToString(WriteJson(writer =>
    {
        writer.WriteString("typ", type);
        writer.WriteString("alg", row.Algorithm);
        writer.WriteString("kid", row.Id);
    }));

    private string SignUnder(string header, ReadOnlySpan<byte> claims)
    {
        var input = $"{header}.{Base64Url.EncodeToString(claims)}";
        return $"{input}.{Base64Url.EncodeToString(Sign(Encoding.ASCII.GetBytes(input)))}";
    }

    private static JsonWebKey JwkOf(AsymmetricAlgorithm pair) => pair switch
    {
        ECDsa ec => JwkOf(ec.ExportParameters(includePrivateParameters: true)),
        RSA rsa => JsonWebKeyConverter.ConvertFromRSASecurityKey(new(rsa.ExportParameters(includePrivateParameters: true))),
        _ => throw new ArgumentException("Neither an elliptic curve key nor an RSA key.", nameof(pair)),
    };

    // Of the numbers alone: the library's converter would go on using the pair, which is disposed.
    private static JsonWebKey JwkOf(ECParameters curve) => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
        Crv = curve.Q.X!.Length == 32 ? JsonWebKeyECTypes.P256 : JsonWebKeyECTypes.P384,
        X = Base64Url.EncodeToString(curve.Q.X),
        Y = Base64Url.EncodeToString(curve.Q.Y),
        D = Base64Url.EncodeToString(curve.D),
    };

    // An allow-list: a private member has no way out (JWK-3).
    private static string PublicJwk(JsonWebKey jwk, string id, string algorithm) => Encoding.UTF8.GetString(WriteJson(writer =>
    {
        writer.WriteString("kty", jwk.Kty);
        writer.WriteString("use", "sig");
        writer.WriteString("alg", algorithm);
        writer.WriteString("kid", id);
        foreach (var (name, value) in jwk.Kty == "EC"
            ? [("crv", jwk.Crv), ("x", jwk.X), ("y", jwk.Y)]
            : new[] { ("n", jwk.N), ("e", jwk.E) })
        {
            writer.WriteString(name, value);
        }
    }));

    private static byte[] WriteJson(Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, AsIs))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
