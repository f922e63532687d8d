using System.Buffers;

namespace Rescind.Client.Requests;

/// <summary>
/// Passes everything on, and keeps a copy of it as long as it has no more bytes than <paramref name="maxBytes"/>.
/// </summary>
internal sealed class RecordingStream(Stream inner, int maxBytes) : Stream
{
    private ArrayBufferWriter<byte>? _copy = new();

    /// <summary>What was written; null if it was too long.</summary>
    public byte[]? Whole => _copy?.WrittenSpan.ToArray();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Keep(buffer);
        inner.Write(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Keep(buffer.Span);
        return inner.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Keep(ReadOnlySpan<byte> buffer)
    {
        if (_copy is { } copy && copy.WrittenCount + buffer.Length <= maxBytes)
        {
            copy.Write(buffer);
        }
        else
        {
            _copy = null;
        }
    }
}
