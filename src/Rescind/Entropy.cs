using System.Security.Cryptography;

namespace Rescind;

/// <summary>
/// The one source of randomness: identifiers, nonces, salts, jitter. A seam like <see cref="TimeProvider"/>, so that a
/// simulation can own every random bit of a run. Implementations are safe for concurrent use.
/// </summary>
public abstract class Entropy
{
    /// <summary>The operating system's cryptographic generator. The default everywhere.</summary>
    public static Entropy System { get; } = new SystemEntropy();

    /// <summary>Fills <paramref name="destination"/> with random bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>A number in [0, 1), for jitter only: never an identifier.</summary>
    public double NextFraction()
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(bytes);
        return (BitConverter.ToUInt64(bytes) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A base64url identifier of <paramref name="byteCount"/> random bytes (16 bytes give 22 characters).</summary>
    public string NextId(int byteCount = 16)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(byteCount);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(byteCount, 64);
        Span<byte> bytes = stackalloc byte[byteCount];
        Fill(bytes);
        return global::System.Buffers.Text.Base64Url.EncodeToString(bytes);
    }

    private sealed class SystemEntropy : Entropy
    {
#pragma warning disable RS0030 // This is the seam itself.
        public override void Fill(Span<byte> destination) => RandomNumberGenerator.Fill(destination);
#pragma warning restore RS0030
    }
}
