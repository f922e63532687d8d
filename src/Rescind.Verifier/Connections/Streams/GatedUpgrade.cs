using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Connections.Streams;

/// <summary>
/// Gives the app the raw connection of a request through the gate, over HTTP/1.1 (<c>Upgrade</c>) and over HTTP/2
/// (extended <c>CONNECT</c>). Before it does the stream hears of it by <paramref name="began"/>.
/// </summary>
internal sealed class GatedUpgrade(
    IHttpUpgradeFeature? upgrade, IHttpExtendedConnectFeature? connect, LiveConnection connection, Action began)
    : IHttpUpgradeFeature, IHttpExtendedConnectFeature
{
    private JudgedBody? _reader;

    public bool IsUpgradableRequest => upgrade?.IsUpgradableRequest is true;

    public bool IsExtendedConnect => connect?.IsExtendedConnect is true;

    public string? Protocol => connect?.Protocol;

    public async Task<Stream> UpgradeAsync()
    {
        await BeginAsync().ConfigureAwait(false);
        return Gate(await upgrade!.UpgradeAsync().ConfigureAwait(false));
    }

    public async ValueTask<Stream> AcceptAsync()
    {
        await BeginAsync().ConfigureAwait(false);
        return Gate(await connect!.AcceptAsync().ConfigureAwait(false));
    }

    /// <summary>Ends a read that the app waits for.</summary>
    public void CancelPendingRead() => _reader?.CancelPendingRead();

    private async ValueTask BeginAsync()
    {
        began();
        if (!await connection.PassAsync(CancellationToken.None).ConfigureAwait(false))
        {
            throw JudgedBody.Over();
        }
    }

    private DuplexStream Gate(Stream raw)
    {
        var reader = new JudgedBody(PipeReader.Create(raw, new(leaveOpen: true)), connection);
        var writer = new GatedWriter(PipeWriter.Create(raw, new(leaveOpen: true)), connection);
        _reader = reader;
        return new(raw, reader.AsStream(leaveOpen: true), writer.AsStream(leaveOpen: true));
    }

    /// <summary>Reads from one stream and writes to another, in place of the raw one.</summary>
    private sealed class DuplexStream(Stream raw, Stream reader, Stream writer) : Stream
    {
        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => reader.Read(buffer, offset, count);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reader.ReadAsync(buffer, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => writer.Write(buffer, offset, count);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            writer.WriteAsync(buffer, cancellationToken);

        public override void Flush() => writer.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => writer.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                raw.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
