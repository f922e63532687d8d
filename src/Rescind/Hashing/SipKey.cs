using System.Buffers.Binary;

namespace Rescind;

/// <summary>
/// The random key under which one process hashes what revocations name, so that nobody can choose values that collide.
/// </summary>
internal readonly record struct SipKey(ulong First, ulong Second)
{
    public static SipKey Random(Entropy entropy)
    {
        Span<byte> bytes = stackalloc byte[16];
        entropy.Fill(bytes);
        return new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
    }
}
