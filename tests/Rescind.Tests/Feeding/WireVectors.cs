using System.Buffers;
using System.Text;
using System.Text.Json;
using Rescind.Tests.Vectors;

namespace Rescind.Tests.Feeding;

/// <summary>The feed on the wire, as <c>vectors/wire.json</c> says it: what is read, and what is refused.</summary>
public sealed class WireVectors
{
    [Theory]
    [MemberData(nameof(Answers))]
    public void An_answer_is_read_as_it_stands_or_refused(string name)
    {
        var one = Find("answers", name);
        var body = one.TryGetProperty("body_base64", out var raw)
            ? raw.GetBytesFromBase64()
            : Encoding.UTF8.GetBytes(one.Text("body")!);
        if (!one.GetProperty("accepted").GetBoolean())
        {
            Should.Throw<FeedException>(() => FeedJson.Read(body));
            return;
        }

        var answer = FeedJson.Read(body);

        var expected = one.GetProperty("answer");
        var given = expected.ValueKind is JsonValueKind.String ? Encoding.UTF8.GetBytes(expected.GetString()!)
            : JsonSerializer.SerializeToUtf8Bytes(expected);
        var known = answer.Entries.Where(entry => entry.Kind is not LogEntryKind.Unknown && !IsNothing(entry)).ToList();
        WithoutAbsent(Written(answer with { Entries = known })).ShouldBe(WithoutAbsent(given));
        answer.Entries.Any(entry => !entry.IsUnderstood).ShouldBe(one.GetProperty("too_old").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Snapshots))]
    public void A_snapshot_is_whole_or_refused(string name)
    {
        var one = Find("snapshots", name);
        var builder = new SnapshotBuilder(default);
        var lines = one.GetProperty("lines").EnumerateArray().Select(line => Encoding.UTF8.GetBytes(line.GetString()!)).ToList();

        var refused = false;
        try
        {
            lines.ForEach(line => FeedJson.ReadSnapshotLine(line, builder));
        }
        catch (FeedException)
        {
            refused = true;
        }

        (!refused && builder.IsComplete).ShouldBe(one.GetProperty("accepted").GetBoolean());
        if (one.TryGetProperty("too_old", out var tooOld))
        {
            builder.Contents.NeedsUpgrade.ShouldBe(tooOld.GetBoolean());
        }
    }

    public static TheoryData<string> Answers => [.. VectorFile.Cases("wire.json", "answers").Select(one => one.Text("name")!)];

    public static TheoryData<string> Snapshots =>
        [.. VectorFile.Cases("wire.json", "snapshots").Select(one => one.Text("name")!)];

    // All that is known of it is that there is more.
    private static bool IsNothing(LogEntry entry) => entry is { HasUnknownEffect: true, State.IsEmpty: true };

    private static JsonElement Find(string list, string name) =>
        VectorFile.Cases("wire.json", list).First(one => one.Text("name") == name);

    private static ReadOnlyMemory<byte> Written(FeedAnswer answer)
    {
        var output = new ArrayBufferWriter<byte>();
        FeedJson.Write(answer, output);
        return output.WrittenMemory;
    }

    // A member that is null says the same as none.
    private static string WithoutAbsent(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return Sorted(document.RootElement);
    }

    private static string Sorted(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object =>
            "{" + string.Join(",", element.EnumerateObject().Where(member => member.Value.ValueKind is not JsonValueKind.Null)
                .OrderBy(member => member.Name, StringComparer.Ordinal)
                .Select(member => member.Name + ":" + Sorted(member.Value))) + "}",
        JsonValueKind.Array => "[" + string.Join(",", element.EnumerateArray().Select(Sorted)) + "]",
        _ => element.ToString(),
    };
}
