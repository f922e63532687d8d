using System.Buffers;
using System.IO.Pipelines;

namespace Rescind.Verifier.Connections;

/// <summary>
/// The way out of an answer. What the app writes goes when it is flushed, whole, and only if the connection is open
/// then: it waits while that is held, and is thrown away once it is shut. Nobody but the request that is answered waits
/// for it. What we have to say goes between two events, whatever its state.
/// </summary>
internal sealed class GatedWriter(PipeWriter inner, LiveConnection connection) : PipeWriter, IDisposable
{
    // A buffer that grew beyond this is not kept for the next message.
    private const int KeptBytes = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _cancelled = new();
    private ArrayBufferWriter<byte> _message = new();
    private uint _tail;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _message.WrittenCount;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _message.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _message.GetSpan(sizeHint);

    public override void Advance(int bytes) => _message.Advance(bytes);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await PassAsync(_message.WrittenMemory, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (_message.Capacity > KeptBytes)
            {
                _message = new();
            }

            _message.ResetWrittenCount();
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_message.WrittenCount == 0)
        {
            return PassAsync(source, cancellationToken);
        }

        _message.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    /// <summary>Says something of ours between two events of an event stream; false if the app is in the middle of one.</summary>
    public async Task<bool> TrySendEventAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var between = IsBetweenEvents;
            if (between)
            {
                await WriteThroughAsync(bytes, cancellationToken).ConfigureAwait(false);
            }

            return between;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Called by whoever gives the connection up: nobody waits for a release any more.</summary>
    public override void CancelPendingFlush()
    {
        _cancelled.Cancel();
        inner.CancelPendingFlush();
    }

    /// <summary>
    /// Sends nothing: the end of an answer is the request's, with the trailers that hold then. A fault goes through.
    /// </summary>
    public override void Complete(Exception? exception = null)
    {
        if (exception is not null)
        {
            inner.Complete(exception);
        }
    }

    // The turn stays usable: a write may still be on its way to an answer that has just ended.
    public void Dispose() => _cancelled.Cancel();

    private async ValueTask<FlushResult> PassAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        do
        {
            await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                switch (connection.Look())
                {
                    case DeliveryState.Open:
                        return await WriteThroughAsync(bytes, cancellationToken).ConfigureAwait(false);
                    case DeliveryState.Shut:
                        return new(isCanceled: false, isCompleted: true);
                }
            }
            finally
            {
                _turn.Release();
            }
        }
        while (await ReleasedAsync(cancellationToken).ConfigureAwait(false));
        return new(isCanceled: _cancelled.IsCancellationRequested, isCompleted: true);
    }

    private async Task<bool> ReleasedAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cancelled.Token);
        try
        {
            return await connection.PassAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private ValueTask<FlushResult> WriteThroughAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        foreach (var last in bytes.Span[Math.Max(0, bytes.Length - sizeof(uint))..])
        {
            _tail = (_tail << 8) | last;
        }

        return bytes.IsEmpty ? inner.FlushAsync(cancellationToken) : inner.WriteAsync(bytes, cancellationToken);
    }

    // A blank line ends an event; its line ends may be LF, CR LF or CR (SSE-1).
    private bool IsBetweenEvents => _tail is 0 or 0x0D0A0D0A || (_tail & 0xFFFF) is 0x0A0A or 0x0D0D;
}
