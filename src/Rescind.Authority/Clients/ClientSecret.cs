using System.Security.Cryptography;
using System.Text;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>
/// Secrets of confidential clients: 256 random bits, made here, shown once, kept as SHA-256. No slow hash is needed for what cannot be
/// guessed.
/// </summary>
internal static class ClientSecret
{
    public static string Create(Entropy entropy) => entropy.NextId(32);

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>Whether <paramref name="secret"/> is the client's, in constant time; never true for a client without one.</summary>
    public static bool Verify(ClientRecord? client, string secret)
    {
        // An unknown client costs the same as a wrong secret.
        var expected = client?.SecretHash ?? new byte[SHA256.HashSizeInBytes];
        return CryptographicOperations.FixedTimeEquals(expected.Span, Hash(secret)) && client?.SecretHash is not null;
    }
}
