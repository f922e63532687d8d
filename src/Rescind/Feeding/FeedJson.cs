using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;

namespace Rescind;

/// <summary>The feed's JSON, written and read in one place. <c>docs/protocol.md</c> has its shape.</summary>
public static class FeedJson
{
    // Records are JSON in JSON: escaping each quote to six characters would double them.
    private static readonly JsonWriterOptions AsIs = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // All members of an entry with their longest numbers, without its texts.
    private const int MembersLength = 512;

    // \uXXXX, for each half of a pair.
    private const int EscapedLength = 6;

    private static readonly byte[] MoreEnd = ""","more":true}"""u8.ToArray();
    private static readonly byte[] LastEnd = ""","more":false}"""u8.ToArray();

    // An answer's entries are shared by every follower of the range; so are their bytes.
    private static readonly ConditionalWeakTable<IReadOnlyList<LogEntry>, byte[]> EntriesBytes = [];

    /// <summary>Writes the body of a 200 answer.</summary>
    public static void Write(FeedAnswer answer, IBufferWriter<byte> output)
    {
        foreach (var part in Parts(answer))
        {
            output.Write(part.Span);
        }
    }

    /// <summary>
    /// The body of a 200 answer, one part after another. The entries are a part that every answer with the same ones shares.
    /// </summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Parts(FeedAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var head = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(head, AsIs);
        WriteHeader(answer, writer);
        writer.WritePropertyName("entries"u8);
        writer.Flush();
        return [head.WrittenMemory, EntriesBytes.GetValue(answer.Entries, Serialize), answer.More ? MoreEnd : LastEnd];
    }

    /// <summary>
    /// Reads the body of a 200 answer; throws <see cref="FeedException"/> for anything malformed. An entry of an
    /// unknown kind, or with an unknown kind of match, becomes <see cref="LogEntryKind.Unknown"/>.
    /// </summary>
    public static FeedAnswer Read(ReadOnlyMemory<byte> body) => FeedReader.Guard(body, root =>
    {
        var answer = FeedReader.Header(root) with { After = new(root.Number("after")) };
        var entries = root.Member("entries", JsonValueKind.Array);
        return entries.GetArrayLength() <= FeedTail.MaxEntries
            ? answer with { Entries = [.. entries.EnumerateArray().Select(FeedReader.Entry)], More = root.Flag("more") }
            : throw new FeedException("An answer has more entries than it may.");
    });

    /// <summary>Writes a snapshot's header line, without the line end.</summary>
    public static void WriteSnapshotHeader(FeedAnswer header, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(header);
        using var writer = new Utf8JsonWriter(output, AsIs);
        WriteHeader(header, writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes a snapshot's last line, without the line end.</summary>
    public static void WriteSnapshotEnd(long entries, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output, AsIs);
        writer.WriteStartObject();
        writer.WriteBoolean("end"u8, true);
        writer.WriteNumber("entries"u8, entries);
        writer.WriteEndObject();
    }

    /// <summary>Writes one entry, as a line of a snapshot without the line end.</summary>
    public static void WriteEntry(LogEntry entry, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(entry);
        using var writer = new Utf8JsonWriter(output, AsIs);
        WriteEntry(entry, writer);
    }

    /// <summary>
    /// How many bytes an entry takes at most: exact for ASCII, but for quotes and what JSON escapes; a separator is included.
    /// </summary>
    public static int MaxLengthOf(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var (name, value) = LogCodec.NameAndValue(entry);
        return MembersLength + MaxLengthOf(entry.Issuer) + MaxLengthOf(name) + MaxLengthOf(value);
    }

    private static int MaxLengthOf(string? text)
    {
        var length = 0;
        foreach (var c in text ?? "")
        {
            length += c is >= ' ' and < (char)0x7f and not '"' and not '\\' ? 1 : EscapedLength;
        }

        return length;
    }

    private static void WriteEntry(LogEntry entry, Utf8JsonWriter writer)
    {
        var (name, value) = LogCodec.NameAndValue(entry);
        writer.WriteStartObject();
        writer.WriteString("kind"u8, FeedReader.NameOf(entry.Kind));
        writer.WriteNumber("position"u8, entry.Position.Value);
        writer.WriteNumber("at"u8, entry.At);
        writer.WriteString("issuer"u8, entry.Issuer);
        writer.WriteString("match"u8, entry.Match?.Traits.Word);
        writer.WriteString("name"u8, name);
        writer.WriteString("value"u8, value);
        if (entry.State is { } state)
        {
            WriteSlot(writer, "end", "before", state.End);
            WriteSlot(writer, "renew", "before", state.Renew);
            WriteSlot(writer, "reauthenticate", "before", state.Reauthenticate);
            WriteSlot(writer, "block", "until", state.Block);
            writer.WriteNumber("remember_until"u8, state.RememberUntil);
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// Reads one line of a snapshot into <paramref name="builder"/>: header, entry or end; throws <see cref="FeedException"/>.
    /// </summary>
    public static void ReadSnapshotLine(ReadOnlyMemory<byte> line, SnapshotBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        FeedReader.Guard(line, root =>
        {
            // An entry has a slot named "end", too.
            if (root.TryGetProperty("kind", out _))
            {
                builder.Add(FeedReader.Entry(root));
            }
            else if (root.TryGetProperty("end", out _))
            {
                builder.End(root.Flag("end") ? root.Number("entries") : -1);
            }
            else
            {
                builder.Begin(FeedReader.Header(root));
            }

            return true;
        });
    }

    private static void WriteHeader(FeedAnswer answer, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("epoch"u8, answer.Epoch);
        writer.WriteNumber("after"u8, answer.After.Value);
        writer.WriteNumber("head"u8, answer.Head.Value);
        writer.WriteString("nonce"u8, answer.Nonce);
        writer.WriteNumber("now"u8, answer.Now);
        writer.WriteNumber("held_ms"u8, (long)answer.Held.TotalMilliseconds);
        writer.WriteNumber("age_ms"u8, (long)Math.Ceiling(answer.Age.TotalMilliseconds));
        writer.WriteNumber("pace_ms"u8, (long)answer.Pace.TotalMilliseconds);
        writer.WriteString("chain"u8, answer.Chain.ToString());
        writer.WriteNull("seal"u8);
        if (answer.Canary is { } canary)
        {
            writer.WriteString("canary"u8, canary);
        }
    }

    private static void WriteSlot(Utf8JsonWriter writer, string name, string second, Slot slot)
    {
        if (slot.IsEmpty)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        writer.WriteNumber("by"u8, slot.By.Value);
        writer.WriteNumber(second, slot.Second);
        writer.WriteEndObject();
    }

    private static byte[] Serialize(IReadOnlyList<LogEntry> entries)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, AsIs);
        writer.WriteStartArray();
        foreach (var entry in entries)
        {
            WriteEntry(entry, writer);
        }

        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
