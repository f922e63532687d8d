using System.Buffers.Text;
using System.Security.Cryptography;

namespace Rescind.Authority.Keys;

/// <summary>
/// The key set as it is served (RFC 7517): the public JWK of each key that is announced, signs or has signed. Immutable.
/// </summary>
internal sealed class JwksDocument
{
    private const string Start = """{"keys":[""";
    private const string End = "]}";

    /// <summary>
    /// The key set of <paramref name="keys"/>; those that left the set are not in it. Where it would be longer than
    /// <see cref="PublicKeySet.MaxBytes"/>, which no reader takes, those that were retired first are left out.
    /// </summary>
    public JwksDocument(IReadOnlyList<SigningKey> keys)
    {
        var body = Encoding.UTF8.GetBytes($"{Start}{string.Join(',', Fitting(keys))}{End}");
        Body = body;
        ETag = $"\"{Base64Url.EncodeToString(SHA256.HashData(body).AsSpan(0, 16))}\"";
    }

    /// <summary>The JSON.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Its entity tag, in quotes.</summary>
    public string ETag { get; }

    private static IEnumerable<string> Fitting(IReadOnlyList<SigningKey> keys)
    {
        var left = PublicKeySet.MaxBytes - Start.Length - End.Length;
        var fitting = keys.OrderByDescending(static key => key.Row.RetiredAt ?? long.MaxValue)
            .Select(static key => key.Row.PublicJwk).OfType<string>()
            .TakeWhile(jwk => (left -= Encoding.UTF8.GetByteCount(jwk) + 1) >= 0).ToHashSet(StringComparer.Ordinal);
        return keys.Select(static key => key.Row.PublicJwk).OfType<string>().Where(fitting.Contains);
    }
}
