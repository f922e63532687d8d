using System.Buffers.Text;
using System.Security.Cryptography;

namespace Rescind.Authority.Keys;

/// <summary>
/// The key set as it is served (RFC 7517): the public JWK of each key that is announced, signs or has signed. Immutable.
/// </summary>
internal sealed class JwksDocument
{
    /// <summary>The key set of <paramref name="keys"/>; those that left the set are not in it.</summary>
    public JwksDocument(IEnumerable<SigningKey> keys)
    {
        var jwks = string.Join(',', keys.Select(key => key.Row.PublicJwk).OfType<string>());
        var body = Encoding.UTF8.GetBytes($$"""{"keys":[{{jwks}}]}""");
        Body = body;
        ETag = $"\"{Base64Url.EncodeToString(SHA256.HashData(body).AsSpan(0, 16))}\"";
    }

    /// <summary>The JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Its entity tag, in quotes.</summary>
    public string ETag { get; }
}
