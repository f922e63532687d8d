using System.Security.Cryptography;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Keys;

/// <summary>
/// Seals what must not lie in the store in clear (G7): AES-256-GCM, with the row's id as associated data, so that a sealed key
/// cannot be put under another id. Layout: version 1, nonce 12, ciphertext, tag 16. Safe for concurrent use.
/// </summary>
internal sealed class MasterKey
{
    /// <summary>Its length in bytes.</summary>
    public const int Bytes = 32;

    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    private readonly byte[] _key;
    private readonly Entropy _entropy;

    /// <summary>A master key of exactly <see cref="Bytes"/> bytes.</summary>
    public MasterKey(ReadOnlySpan<byte> key, Entropy entropy)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, Bytes);
        _key = key.ToArray();
        _entropy = entropy;
    }

    /// <summary>Seals <paramref name="secret"/> under the row's <paramref name="id"/>.</summary>
    public byte[] Seal(string id, ReadOnlySpan<byte> secret)
    {
        var blob = new byte[1 + NonceBytes + secret.Length + TagBytes];
        blob[0] = Version;
        var nonce = blob.AsSpan(1, NonceBytes);
        _entropy.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(
            nonce, secret, blob.AsSpan(1 + NonceBytes, secret.Length), blob.AsSpan(^TagBytes..), Encoding.UTF8.GetBytes(id));
        return blob;
    }

    /// <summary>
    /// Opens what <see cref="Seal"/> made; throws <see cref="MasterKeyException"/> for another master key, another id
    /// or damaged bytes.
    /// </summary>
    public byte[] Open(string id, ReadOnlySpan<byte> blob)
    {
        if (blob.Length <= 1 + NonceBytes + TagBytes || blob[0] != Version)
        {
            throw new MasterKeyException(
                Errors.MasterKeyUnusable.Sentence($"The sealed key {id} is not in a form that this version wrote."));
        }

        var secret = new byte[blob.Length - 1 - NonceBytes - TagBytes];
        try
        {
            using var aes = new AesGcm(_key, TagBytes);
            aes.Decrypt(blob.Slice(1, NonceBytes), blob[(1 + NonceBytes)..^TagBytes], blob[^TagBytes..], secret,
                Encoding.UTF8.GetBytes(id));
            return secret;
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw new MasterKeyException(
                Errors.MasterKeyUnusable.Sentence($"The key {id} was sealed under another one, or its row is damaged."), e);
        }
    }
}

/// <summary>
/// The master key is missing, malformed, open to others, or not the one that the data was sealed under. The host
/// refuses to start.
/// </summary>
internal sealed class MasterKeyException(string message, Exception? inner = null) : Exception(message, inner);
