using System.Buffers;

namespace Rescind.Benchmarks.Scale;

/// <summary>The lines of a snapshot of so many ended sessions, written as they are read.</summary>
internal sealed class GeneratedSnapshot(int size, IssuerRecord own) : Stream
{
    private readonly ArrayBufferWriter<byte> _lines = new();
    private readonly long _now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    private int _written = -1;
    private int _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override int Read(Span<byte> buffer)
    {
        if (_read == _lines.WrittenCount)
        {
            _lines.ResetWrittenCount();
            _read = 0;
            for (var lines = 0; lines < 100 && _written <= size; lines++)
            {
                WriteNext();
                _lines.Write("\n"u8);
                _written++;
            }
        }

        var unread = _lines.WrittenSpan[_read..];
        var length = Math.Min(unread.Length, buffer.Length);
        unread[..length].CopyTo(buffer);
        _read += length;
        return length;
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private void WriteNext()
    {
        switch (_written)
        {
            case -1:
                var head = new LogPosition(_now * 1_000_000);
                FeedJson.WriteSnapshotHeader(
                    new()
                    {
                        Outcome = FeedOutcome.Entries, Epoch = "bench", Head = head, Chain = LogChain.Start("bench"), Now = _now,
                    },
                    _lines);
                break;
            case 0:
                var record = own.ToJson();
                FeedJson.WriteEntry(
                    new()
                    {
                        Kind = LogEntryKind.Issuer, Position = new(1), At = _now, Issuer = own.Issuer, Match = Match.Issuer,
                        Record = record,
                    },
                    _lines);
                break;
            case var i when i < size:
                FeedJson.WriteEntry(Ended(i), _lines);
                break;
            default:
                FeedJson.WriteSnapshotEnd(size, _lines);
                break;
        }
    }

    private LogEntry Ended(int i)
    {
        var by = new LogPosition(((_now - 3600) * 1_000_000) + i);
        return new()
        {
            Kind = LogEntryKind.State, Position = by, At = _now, Issuer = own.Issuer, Match = Match.Session($"session-{i}"),
            State = new(new(by, _now - 3600), default, default, default, _now + 3600),
        };
    }
}
