using System.Buffers.Binary;

namespace Rescind;

/// <summary>
/// The canonical bytes of an entry, over which the chain runs: <c>docs/protocol.md</c>, proved by <c>vectors/log.json</c>.
/// Numbers are big-endian; texts are a u32 length and UTF-8; null is 0xFFFFFFFF; an empty slot is two zeros.
/// </summary>
public static class LogCodec
{
    private const int FixedBytes = 1 + (2 * 8) + (4 * 4) + (9 * 8);

    /// <summary>
    /// The canonical bytes; throws <see cref="ArgumentException"/> for an entry that this version does not understand.
    /// </summary>
    public static byte[] Encode(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!entry.IsUnderstood)
        {
            throw new ArgumentException("An entry with an unknown kind, match or effect has no canonical bytes.", nameof(entry));
        }

        var match = entry.Match?.Traits.Word;
        var (name, value) = NameAndValue(entry);
        var bytes = new byte[FixedBytes + Length(entry.Issuer) + Length(match) + Length(name) + Length(value)];
        var writer = new Writer(bytes);
        writer.Byte((byte)entry.Kind);
        writer.Number(entry.Position.Value);
        writer.Number(entry.At);
        writer.Text(entry.Issuer);
        writer.Text(match);
        writer.Text(name);
        writer.Text(value);
        writer.State(entry.State);
        return bytes;
    }

    /// <summary>
    /// Where <c>name</c> and <c>value</c> of the wire come from: a record travels in <c>value</c>, a key's id in <c>name</c>.
    /// </summary>
    internal static (string? Name, string? Value) NameAndValue(LogEntry entry) => entry.Kind switch
    {
        LogEntryKind.Key => (entry.Match?.Value, entry.Record),
        LogEntryKind.Issuer => (null, entry.Record),
        _ => (entry.Match?.Name, entry.Match?.Value),
    };

    private static int Length(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private ref struct Writer(Span<byte> rest)
    {
        private Span<byte> _rest = rest;

        public void Byte(byte value)
        {
            _rest[0] = value;
            _rest = _rest[1..];
        }

        public void Number(long value)
        {
            BinaryPrimitives.WriteInt64BigEndian(_rest, value);
            _rest = _rest[8..];
        }

        public void Text(string? text)
        {
            if (text is null)
            {
                BinaryPrimitives.WriteUInt32BigEndian(_rest, uint.MaxValue);
                _rest = _rest[4..];
                return;
            }

            var length = Encoding.UTF8.GetBytes(text, _rest[4..]);
            BinaryPrimitives.WriteInt32BigEndian(_rest, length);
            _rest = _rest[(4 + length)..];
        }

        public void State(RevocationState? state)
        {
            Slot(state?.End ?? default);
            Slot(state?.Renew ?? default);
            Slot(state?.Reauthenticate ?? default);
            Slot(state?.Block ?? default);
            Number(state?.RememberUntil ?? 0);
        }

        private void Slot(Slot slot)
        {
            Number(slot.By.Value);
            Number(slot.Second);
        }
    }
}
