using System.Security.Cryptography;
using System.Text;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Clients;

/// <summary>
/// Secrets of confidential clients: 256 random bits, made here, shown once, kept as SHA-256. No slow hash is needed for
/// what cannot be guessed.
/// </summary>
internal static class ClientSecret
{
    public static string Create(Entropy entropy) => entropy.NextId(32);

    public static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    /// <summary>
    /// Whether <paramref name="secret"/> is the client's in the second <paramref name="now"/>, in constant time; never
    /// true for a client without one.
    /// </summary>
    public static bool Verify(ClientRecord? client, string secret, long now)
    {
        var hash = Hash(secret);
        var old = client?.OldSecret is { } kept && now < kept.Until ? kept.Hash : default(ReadOnlyMemory<byte>?);
        return Is(client?.SecretHash, hash) | Is(old, hash);
    }

    // What is not there costs the same as a wrong secret.
    private static bool Is(ReadOnlyMemory<byte>? expected, byte[] hash) =>
        CryptographicOperations.FixedTimeEquals((expected ?? new byte[SHA256.HashSizeInBytes]).Span, hash) & expected is not null;
}
