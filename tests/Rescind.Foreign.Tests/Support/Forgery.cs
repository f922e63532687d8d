using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Foreign.Tests.Support;

/// <summary>What whoever holds an issuer's key can sign.</summary>
internal static class Forgery
{
    /// <summary>The token's claims under a header that names <paramref name="keyId"/>, or no key.</summary>
    public static string SignAgain(this ForeignTokens tokens, RsaSecurityKey key, string? keyId, JsonObject? claims = null)
    {
        var header = tokens.Header.DeepClone().AsObject();
        header.Remove("kid");
        if (keyId is not null)
        {
            header["kid"] = keyId;
        }

        return Sign(key, header, claims ?? tokens.Claims);
    }

    public static string Sign(RsaSecurityKey key, JsonObject header, JsonObject claims)
    {
        var input = $"{Encode(header)}.{Encode(claims)}";
        var signature = key.Rsa.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{input}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));
}
