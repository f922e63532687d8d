using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>What a match under an issuer is found by: SHA-256 of its parts, each with its length before it.</summary>
internal static class MatchKey
{
    // Throws on lone surrogates: they have no UTF-8 form, and a substitute would be another name.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    public static byte[] Of(string issuer, Match match)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData([(byte)match.Kind]);
        foreach (var part in new[] { issuer, match.Name ?? "", match.Value ?? "" })
        {
            Append(hash, StrictUtf8.GetBytes(part));
        }

        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, byte[] part)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }
}
