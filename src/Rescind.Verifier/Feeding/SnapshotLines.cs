using System.Buffers;
using System.IO.Pipelines;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>Reads a snapshot (NDJSON) line by line as it comes, so that its size costs no memory but the map's own.</summary>
internal static class SnapshotLines
{
    /// <summary>
    /// The longest line: an entry with every value at its limit and every character escaped twice fits, also an
    /// issuer's.
    /// </summary>
    private const int MaxLineBytes = FeedTail.MaxBytes;

    public static async Task ReadAsync(
        Stream body, SnapshotBuilder builder, Action progressed, CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(body, new(leaveOpen: true));
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
                progressed();
                var rest = Take(read.Buffer, builder, read.IsCompleted);
                pipe.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes the whole lines, at the end of the body also one that no line end follows, and returns what is left.
    /// </summary>
    private static ReadOnlySequence<byte> Take(ReadOnlySequence<byte> buffer, SnapshotBuilder builder, bool atEnd)
    {
        while (buffer.PositionOf((byte)'\n') is { } end)
        {
            Take(buffer.Slice(0, end), builder);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
        }

        if (atEnd && !buffer.IsEmpty)
        {
            Take(buffer, builder);
            return buffer.Slice(buffer.End);
        }

        return Bounded(buffer);
    }

    private static void Take(ReadOnlySequence<byte> line, SnapshotBuilder builder)
    {
        Bounded(line);
        FeedJson.ReadSnapshotLine(line.IsSingleSegment ? line.First : line.ToArray(), builder);
    }

    private static ReadOnlySequence<byte> Bounded(ReadOnlySequence<byte> line) => line.Length <= MaxLineBytes
        ? line
        : throw new FeedException(
            VerifierErrors.BadAnswer.Sentence($"A line of the snapshot is longer than {MaxLineBytes} bytes."));
}
