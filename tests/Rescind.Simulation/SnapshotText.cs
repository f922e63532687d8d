using System.Buffers;

namespace Rescind.Simulation;

/// <summary>A snapshot as it goes over the wire, line by line.</summary>
internal sealed class SnapshotText
{
    private readonly List<ReadOnlyMemory<byte>> _lines = [];

    public IReadOnlyList<ReadOnlyMemory<byte>> Lines => _lines;

    public Task Begin(FeedAnswer header)
    {
        Write(line => FeedJson.WriteSnapshotHeader(header, line));
        return Task.CompletedTask;
    }

    public Task Add(LogEntry entry)
    {
        Write(line => FeedJson.WriteEntry(entry, line));
        return Task.CompletedTask;
    }

    public SnapshotText End()
    {
        var entries = _lines.Count - 1;
        Write(line => FeedJson.WriteSnapshotEnd(entries, line));
        return this;
    }

    private void Write(Action<IBufferWriter<byte>> write)
    {
        var line = new ArrayBufferWriter<byte>();
        write(line);
        _lines.Add(line.WrittenMemory);
    }
}
