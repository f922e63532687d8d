using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Rescind;

/// <summary>
/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein), proved by <c>vectors/siphash.json</c>. Ours because
/// the base class library has no fast keyed 128-bit hash. A mutable value: copying it keeps a midstate. It has four
/// fields and small methods so that the whole state lives in registers; whoever takes words counts them.
/// </summary>
internal struct SipHash(SipKey key)
{
    private ulong _v0 = key.First ^ 0x736f6d6570736575;
    private ulong _v1 = key.Second ^ 0x646f72616e646f6d ^ 0xee;
    private ulong _v2 = key.First ^ 0x6c7967656e657261;
    private ulong _v3 = key.Second ^ 0x7465646279746573;

    /// <summary>Takes 8 bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Word(ulong word)
    {
        _v3 ^= word;
        Round();
        Round();
        _v0 ^= word;
    }

    /// <summary>
    /// Takes bytes, padded with zeros to a whole word: whoever calls says their length in a word before. Returns how
    /// many words they were.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Padded(ReadOnlySpan<byte> bytes)
    {
        var words = (bytes.Length + 7) / 8;
        while (bytes.Length >= 8)
        {
            Word(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        if (bytes.Length > 0)
        {
            Word(Partial(bytes));
        }

        return words;
    }

    /// <summary>The hash of <paramref name="words"/> words that were taken, and up to 7 bytes more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly UInt128 Finish(int words, ReadOnlySpan<byte> rest = default)
    {
        var last = this;
        last.Word(Partial(rest) | ((ulong)((words * 8) + rest.Length) << 56));
        last._v2 ^= 0xee;
        var low = last.Squeeze();
        last._v1 ^= 0xdd;
        return new(last.Squeeze(), low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Squeeze()
    {
        Round();
        Round();
        Round();
        Round();
        return _v0 ^ _v1 ^ _v2 ^ _v3;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Round()
    {
        _v0 += _v1;
        _v2 += _v3;
        _v1 = BitOperations.RotateLeft(_v1, 13) ^ _v0;
        _v3 = BitOperations.RotateLeft(_v3, 16) ^ _v2;
        _v0 = BitOperations.RotateLeft(_v0, 32);
        _v2 += _v1;
        _v0 += _v3;
        _v1 = BitOperations.RotateLeft(_v1, 17) ^ _v2;
        _v3 = BitOperations.RotateLeft(_v3, 21) ^ _v0;
        _v2 = BitOperations.RotateLeft(_v2, 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Partial(ReadOnlySpan<byte> bytes)
    {
        var word = 0UL;
        for (var i = 0; i < bytes.Length; i++)
        {
            word |= (ulong)bytes[i] << (8 * i);
        }

        return word;
    }
}
