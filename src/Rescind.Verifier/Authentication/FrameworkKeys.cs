using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The keys of the framework, judged by the one rule (<see cref="PublicKey"/>), and the way back. Both are remembered
/// with the key, because the framework keeps what it needs to verify by the object.
/// </summary>
internal static class FrameworkKeys
{
    private static readonly ConditionalWeakTable<SecurityKey, Known> Read = [];
    private static readonly ConditionalWeakTable<PublicKey, SecurityKey> Made = [];

    /// <summary>The key as the framework takes it.</summary>
    public static SecurityKey From(PublicKey key) => Made.GetValue(key, static key => new JsonWebKey(key.ToJson()));

    /// <summary>The public half, if it is fit to verify tokens; otherwise null.</summary>
    public static PublicKey? ToPublicKey(SecurityKey key) => Read.GetValue(key, static key => new(Convert(key))).Key;

    /// <summary>The fit keys of metadata that somebody else has read.</summary>
    public static PublicKeySet Of(OpenIdConnectConfiguration configuration)
    {
        IEnumerable<JsonWebKey> published = configuration.JsonWebKeySet?.Keys ?? [];
        var names = published.Select(key => key.KeyId).ToHashSet();
        var keys = published.Where(key => !key.HasPrivateKey)
            .Concat(configuration.SigningKeys.Where(key => !names.Contains(key.KeyId)));
        return PublicKeySet.Of(keys.Select(ToPublicKey).OfType<PublicKey>());
    }

    private static PublicKey? Convert(SecurityKey key)
    {
        try
        {
            var members = MembersOf(key);
            return members is not null && PublicKey.TryRead(Write(members, (key as JsonWebKey)?.KeyOps ?? []), out var read)
                ? read
                : null;
        }
        catch (CryptographicException)
        {
            // A key that cannot even be exported.
            return null;
        }
    }

    private static Dictionary<string, string?>? MembersOf(SecurityKey key) => key switch
    {
        JsonWebKey jwk => new()
        {
            ["kid"] = jwk.KeyId, ["kty"] = jwk.Kty, ["use"] = jwk.Use, ["alg"] = jwk.Alg, ["crv"] = jwk.Crv,
            ["x"] = jwk.X, ["y"] = jwk.Y,
            ["n"] = jwk.N, ["e"] = jwk.E,
        },
        RsaSecurityKey rsa => Members(rsa.KeyId, rsa.Rsa?.ExportParameters(false) ?? rsa.Parameters),
        ECDsaSecurityKey ec => Members(ec.KeyId, ec.ECDsa.ExportParameters(false)),
        X509SecurityKey { Certificate: var certificate } => MembersOf(key.KeyId, certificate),
        _ => null,
    };

    private static Dictionary<string, string?>? MembersOf(string keyId, X509Certificate2 certificate)
    {
        using var rsa = certificate.GetRSAPublicKey();
        using var ec = certificate.GetECDsaPublicKey();
        return rsa is not null ? Members(keyId, rsa.ExportParameters(false))
            : ec is not null ? Members(keyId, ec.ExportParameters(false))
            : null;
    }

    private static Dictionary<string, string?> Members(string keyId, RSAParameters numbers) => new()
    {
        ["kid"] = keyId,
        ["kty"] = "RSA",
        ["n"] = Base64Url.EncodeToString(numbers.Modulus),
        ["e"] = Base64Url.EncodeToString(numbers.Exponent),
    };

    // A point of another curve with numbers as long is none of this one.
    private static Dictionary<string, string?> Members(string keyId, ECParameters numbers) => new()
    {
        ["kid"] = keyId,
        ["kty"] = "EC",
        ["crv"] = numbers.Q.X?.Length switch { 32 => "P-256", 48 => "P-384", 66 => "P-521", _ => null },
        ["x"] = Base64Url.EncodeToString(numbers.Q.X),
        ["y"] = Base64Url.EncodeToString(numbers.Q.Y),
    };

    private static ReadOnlyMemory<byte> Write(Dictionary<string, string?> members, ICollection<string> operations)
    {
        var json = new JsonObject(members.Where(member => !string.IsNullOrEmpty(member.Value))
            .Select(member => KeyValuePair.Create(member.Key, (JsonNode?)member.Value)));
        if (operations.Count > 0)
        {
            json["key_ops"] = new JsonArray([.. operations.Select(operation => (JsonNode?)operation)]);
        }

        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    private sealed record Known(PublicKey? Key);
}
