using System.Net.WebSockets;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>
/// The messages that an app has sent on a WebSocket while that was held: they go out in order once it is open, before
/// later ones, and are thrown away once it is shut. Bounded; one sender at a time.
/// </summary>
internal sealed class KeptMessages(WebSocketTransport transport, LiveConnection connection, LiveConnectionOptions options)
{
    // Protects all of it.
    private readonly Lock _lock = new();
    private readonly Queue<KeptMessage> _whole = new();
    private readonly List<byte> _begun = [];
    private long _bytes;
    private Task? _sending;

    /// <summary>Whether the app is in the middle of a message that is kept.</summary>
    public bool IsMidMessage { get; private set; }

    /// <summary>Done when nothing is kept any more.</summary>
    public Task Gone
    {
        get
        {
            lock (_lock)
            {
                return _sending ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>Keeps a message, or a part of one; false if that would be too much.</summary>
    public bool TryKeep(ReadOnlySpan<byte> part, WebSocketMessageType type, WebSocketMessageFlags flags)
    {
        lock (_lock)
        {
            if ((_whole.Count > 0 || _begun.Count > 0)
                && (_whole.Count >= options.MaxBacklogMessages || _bytes + part.Length > options.MaxBacklogBytes))
            {
                Clear();
                return false;
            }

            _begun.AddRange(part);
            _bytes += part.Length;
            IsMidMessage = !flags.HasFlag(WebSocketMessageFlags.EndOfMessage);
            if (!IsMidMessage)
            {
                _whole.Enqueue(new([.. _begun], type, flags));
                _begun.Clear();
                _sending ??= Task.Run(SendAsync);
            }

            return true;
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (await connection.PassAsync(CancellationToken.None).ConfigureAwait(false))
            {
                await transport.Turn.WaitAsync().ConfigureAwait(false);
                try
                {
                    if (connection.Look() is not DeliveryState.Open)
                    {
                        continue;
                    }

                    if (Next() is not { } next)
                    {
                        return;
                    }

                    await transport.Socket.SendAsync(next.Bytes, next.Type, next.Flags, CancellationToken.None)
                        .ConfigureAwait(false);
                }
                finally
                {
                    transport.Turn.Release();
                }
            }
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The socket is of no use any more, as the app's next send will find.
        }

        lock (_lock)
        {
            Clear();
            _sending = null;
        }
    }

    private KeptMessage? Next()
    {
        lock (_lock)
        {
            if (_whole.TryDequeue(out var next))
            {
                _bytes -= next.Bytes.Length;
                return next;
            }

            _sending = null;
            return null;
        }
    }

    private void Clear()
    {
        _whole.Clear();
        _begun.Clear();
        _bytes = 0;
    }

    private sealed record KeptMessage(byte[] Bytes, WebSocketMessageType Type, WebSocketMessageFlags Flags);
}
