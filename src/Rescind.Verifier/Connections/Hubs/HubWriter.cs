using System.Buffers;
using System.IO.Pipelines;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// The way out of a hub connection. SignalR waits for every connection that it sends to, so nobody waits here: a
/// message that cannot go now, because the connection is held or its client does not read, is kept aside and goes
/// later, in order. More than may be kept ends the connection; once that is shut all of it is thrown away. What we have
/// to say goes between two messages, whatever its state. One writer at a time, as SignalR has it.
/// </summary>
internal sealed class HubWriter(PipeWriter inner, LiveConnection connection, LiveConnectionOptions options)
    : PipeWriter, IDisposable
{
    // A buffer that grew beyond this is not kept for the next message.
    private const int KeptBytes = 64 * 1024;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly CancellationTokenSource _over = new();
    private ArrayBufferWriter<byte> _message = new();

    // Protects all below.
    private readonly Lock _lock = new();
    private Task _pinging = Task.CompletedTask;
    private readonly Queue<ReadOnlyMemory<byte>> _aside = new();
    private long _asideBytes;
    private TaskCompletionSource? _behind;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _message.WrittenCount;

    /// <summary>
    /// SignalR's own word that the server is there, without which a stock client gives the connection up after half a
    /// minute.
    /// </summary>
    public ReadOnlyMemory<byte> Ping { get; set; }

    /// <summary>Whether nothing waits to go out.</summary>
    public bool IsCaughtUp
    {
        get
        {
            lock (_lock)
            {
                return _behind is null;
            }
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _message.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _message.GetSpan(sizeHint);

    public override void Advance(int bytes) => _message.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return Pass(_message.WrittenMemory, isFixed: false);
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
            // One array for all receivers of a broadcast, which nobody changes.
            return Pass(source, isFixed: true);
        }

        _message.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    /// <summary>Says something of ours between two messages.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await inner.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Sends a ping, unless the last one still waits to go out.</summary>
    public void SendPing()
    {
        lock (_lock)
        {
            _pinging = _pinging.IsCompleted ? PingAsync() : _pinging;
        }
    }

    /// <summary>Waits until nothing waits to go out, or never will.</summary>
    public Task CaughtUpAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _behind is null ? Task.CompletedTask : _behind.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Called by whoever gives the connection up: nothing waits for a release any more.</summary>
    public override void CancelPendingFlush()
    {
        _over.Cancel();
        inner.CancelPendingFlush();
    }

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    // The turn stays usable: a broadcast may still be on its way to a connection that has just ended.
    public void Dispose() => _over.Cancel();

    private ValueTask<FlushResult> Pass(ReadOnlyMemory<byte> message, bool isFixed)
    {
        var state = connection.Look();
        if (state is DeliveryState.Shut)
        {
            return ValueTask.FromResult(new FlushResult(isCanceled: false, isCompleted: true));
        }

        if (state is DeliveryState.Held && message.Span.SequenceEqual(Ping.Span))
        {
            SendPing();
            return default;
        }

        bool isKept;
        lock (_lock)
        {
            // Only a writer falls behind, and there is one.
            if (_behind is null && state is DeliveryState.Open && _turn.Wait(0, CancellationToken.None))
            {
                return WriteThrough(message);
            }

            isKept = TryKeep(isFixed ? message : message.ToArray());
        }

        if (!isKept)
        {
            connection.End();
        }

        return default;
    }

    // A pipe has its own copy of what is written, also before its flush is done.
    private ValueTask<FlushResult> WriteThrough(ReadOnlyMemory<byte> message)
    {
        var flush = message.IsEmpty
            ? inner.FlushAsync(CancellationToken.None)
            : inner.WriteAsync(message, CancellationToken.None);
        if (flush.IsCompleted)
        {
            _turn.Release();
            return flush;
        }

        _behind = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = CatchUpAsync(flush);
        return default;
    }

    // It says nothing of the app's, so that it goes also while the connection is held.
    private async Task PingAsync()
    {
        try
        {
            await SendAsync(Ping, _over.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The connection has ended, or is about to: there is nobody to tell.
        }
    }

    private bool TryKeep(ReadOnlyMemory<byte> message)
    {
        if (_aside.Count > 0
            && (_aside.Count >= options.MaxBacklogMessages || _asideBytes + message.Length > options.MaxBacklogBytes))
        {
            Clear();
            return false;
        }

        _aside.Enqueue(message);
        _asideBytes += message.Length;
        if (_behind is null)
        {
            _behind = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = CatchUpAsync(null);
        }

        return true;
    }

    // Begun with the turn if there is a flush under way.
    private async Task CatchUpAsync(ValueTask<FlushResult>? flush)
    {
        try
        {
            if (flush is { } begun)
            {
                await EndTurnAsync(begun).ConfigureAwait(false);
            }

            while (await connection.PassAsync(_over.Token).ConfigureAwait(false))
            {
                await _turn.WaitAsync(_over.Token).ConfigureAwait(false);
                var (isOver, next) = Next();
                await EndTurnAsync(next is { } message ? inner.WriteAsync(message, _over.Token) : default).ConfigureAwait(false);
                if (isOver)
                {
                    return;
                }
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The connection has ended, or is about to: there is nobody to tell.
        }

        lock (_lock)
        {
            Clear();
            CatchUp();
        }
    }

    private async Task EndTurnAsync(ValueTask<FlushResult> flush)
    {
        try
        {
            await flush.ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    // Judged once more, now that it is its turn.
    private (bool IsOver, ReadOnlyMemory<byte>? Message) Next()
    {
        if (connection.Look() is not DeliveryState.Open)
        {
            return (false, null);
        }

        lock (_lock)
        {
            if (_aside.TryDequeue(out var message))
            {
                _asideBytes -= message.Length;
                return (false, message);
            }

            CatchUp();
            return (true, null);
        }
    }

    private void Clear()
    {
        _aside.Clear();
        _asideBytes = 0;
    }

    private void CatchUp()
    {
        _behind?.TrySetResult();
        _behind = null;
    }
}
