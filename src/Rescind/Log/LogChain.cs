using System.Buffers.Text;
using System.Security.Cryptography;

namespace Rescind;

/// <summary>
/// The running SHA-256 over a log's canonical bytes. Two ends that agree on it have seen the same entries, none missing (G3).
/// The default equals nothing that a log produces.
/// </summary>
public readonly record struct LogChain
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private LogChain(ReadOnlySpan<byte> hash)
    {
        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(hash[16..]);
    }

    /// <summary>The chain of an empty log: SHA-256 of <c>rescind</c> and the epoch's text.</summary>
    public static LogChain Start(string epoch)
    {
        ArgumentException.ThrowIfNullOrEmpty(epoch);
        return new(SHA256.HashData(Encoding.UTF8.GetBytes("rescind" + epoch)));
    }

    /// <summary>The chain after one more entry.</summary>
    public LogChain Then(LogEntry entry)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(ToBytes());
        hash.AppendData(LogCodec.Encode(entry));
        return new(hash.GetHashAndReset());
    }

    /// <summary>Its 32 bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[32];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), _low);
        return bytes;
    }

    /// <summary>A chain from its 32 bytes, as a store keeps them.</summary>
    public static LogChain FromBytes(ReadOnlySpan<byte> bytes) =>
        bytes.Length == 32 ? new(bytes) : throw new ArgumentException("A chain must be 32 bytes.", nameof(bytes));

    /// <summary>Reads the 43 base64url characters of the wire.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out LogChain chain)
    {
        chain = default;
        Span<byte> bytes = stackalloc byte[32];
        if (text is not { Length: 43 } || !StrictBase64Url.TryDecode(text, bytes, out var written) || written != 32)
        {
            return false;
        }

        chain = new(bytes);
        return true;
    }

    /// <summary>The base64url of its bytes.</summary>
    public override string ToString() => Base64Url.EncodeToString(ToBytes());
}
