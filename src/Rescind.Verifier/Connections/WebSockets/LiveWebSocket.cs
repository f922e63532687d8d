using System.Net.WebSockets;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>
/// The socket that the app holds. Sending passes the gate, and what is sent while it is held is kept aside; receiving
/// takes out the messages that are ours, and drops what a connection that is not open has no right to send. One sender
/// and one receiver at a time, as for every WebSocket.
/// </summary>
internal sealed class LiveWebSocket : WebSocket
{
    /// <summary>The longest message that may hold a token; a longer one is answered as refused.</summary>
    public const int MaxControlBytes = 32 * 1024;

    private readonly WebSocketTransport _transport;
    private readonly LiveConnection _connection;
    private readonly KeptMessages _kept;
    private bool _isMidSend;
    private bool _isMidReceive;
    private bool _isDropping;
    private int _dropped;
    private Farewell? _farewell;
    private Task? _leaving;

    public LiveWebSocket(WebSocketTransport transport, LiveConnection connection, LiveConnectionOptions options)
    {
        (_transport, _connection, _kept) = (transport, connection, new(transport, connection, options));
        connection.Begin();
    }

    public override WebSocketCloseStatus? CloseStatus => Heard?.Status;

    public override string? CloseStatusDescription => Heard?.Description;

    public override WebSocketState State => _transport.Socket.State;

    public override string? SubProtocol => _transport.Socket.SubProtocol;

    public override void Abort() => _transport.Socket.Abort();

    public override async Task CloseAsync(
        WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        await _kept.Gone.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (State is not WebSocketState.Closed || !IsClosedByUs)
        {
            await _transport.Socket.CloseAsync(closeStatus, statusDescription, cancellationToken).ConfigureAwait(false);
        }
    }

    public override async Task CloseOutputAsync(
        WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken)
    {
        await _kept.Gone.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!IsClosedByUs)
        {
            await _transport.Socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The app has done with it. Its request is to end after <see cref="LeaveAsync"/>.</summary>
    public override void Dispose() => _ = LeaveAsync();

    /// <summary>Ends the connection, and completes when nothing of ours touches the socket any more.</summary>
    public Task LeaveAsync() => _leaving ??= LeaveOnceAsync();

    public override Task SendAsync(
        ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override ValueTask SendAsync(
        ReadOnlyMemory<byte> buffer,
        WebSocketMessageType messageType,
        bool endOfMessage,
        CancellationToken cancellationToken) =>
        SendAsync(
            buffer,
            messageType,
            endOfMessage ? WebSocketMessageFlags.EndOfMessage : WebSocketMessageFlags.None,
            cancellationToken);

    public override async ValueTask SendAsync(
        ReadOnlyMemory<byte> buffer,
        WebSocketMessageType messageType,
        WebSocketMessageFlags messageFlags,
        CancellationToken cancellationToken)
    {
        if (!await TakeTurnAsync(cancellationToken).ConfigureAwait(false))
        {
            Keep(buffer.Span, messageType, messageFlags);
            return;
        }

        _isMidSend = true;
        try
        {
            await _transport.Socket.SendAsync(buffer, messageType, messageFlags, cancellationToken).ConfigureAwait(false);
            _isMidSend = !messageFlags.HasFlag(WebSocketMessageFlags.EndOfMessage);
        }
        catch
        {
            // The socket is of no use any more; our close must not wait for the rest of a message.
            _isMidSend = false;
            throw;
        }
        finally
        {
            if (!_isMidSend)
            {
                _transport.Turn.Release();
            }
        }
    }

    public override async Task<WebSocketReceiveResult> ReceiveAsync(
        ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
        return result.MessageType is WebSocketMessageType.Close
            ? new(result.Count, result.MessageType, result.EndOfMessage, CloseStatus, CloseStatusDescription)
            : new(result.Count, result.MessageType, result.EndOfMessage);
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(
        Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await ReceiveNextAsync(buffer, cancellationToken).ConfigureAwait(false);
        _farewell = Heard;
        return result;
    }

    // How the client has closed: judged once, when the app hears of it or has done with the socket.
    private Farewell? Heard => _farewell ?? (_transport.Socket.CloseStatus is { } status ? Judged(status) : null);

    // Simple apps answer each close that they see; this one has been answered.
    private bool IsClosedByUs =>
        State is WebSocketState.CloseSent or WebSocketState.Closed && _connection.Look() is DeliveryState.Shut;

    // The words of a client whose token does not hold are none for the app; of one that is over the close is ours.
    private Farewell Judged(WebSocketCloseStatus status)
    {
        var isOpen = _connection.Look() is DeliveryState.Open;
        return _connection.Ending is { } end ? new((WebSocketCloseStatus)end.Code, end.Reason)
            : new(status, isOpen ? _transport.Socket.CloseStatusDescription : null);
    }

    private async ValueTask<ValueWebSocketReceiveResult> ReceiveNextAsync(
        Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await _transport.Socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (result.MessageType is WebSocketMessageType.Close || (result.Count == 0 && !result.EndOfMessage))
            {
                return result;
            }

            if (!_isMidReceive && result.MessageType is WebSocketMessageType.Text)
            {
                result = await CompleteStartAsync(buffer, result, cancellationToken).ConfigureAwait(false);
                var isToken = buffer.Span[..result.Count].StartsWith(ControlMessages.Token);
                if (isToken)
                {
                    result = await TakeTokenAsync(buffer[..result.Count], result, cancellationToken).ConfigureAwait(false);
                }

                if (result.MessageType is WebSocketMessageType.Close)
                {
                    return result;
                }

                if (isToken)
                {
                    continue;
                }
            }

            if (Admits(result))
            {
                return result;
            }
        }
    }

    private async Task LeaveOnceAsync()
    {
        _farewell = Heard;
        await _connection.LeaveAsync().ConfigureAwait(false);
        _transport.Dispose();
        await _kept.Gone.ConfigureAwait(false);
    }

    // A message whose beginning was not taken is not taken at all. One of which the rest may not be taken ends the connection.
    private bool Admits(ValueWebSocketReceiveResult part)
    {
        var isOpen = _connection.Look() is DeliveryState.Open;
        if (!_isMidReceive)
        {
            _isDropping = !isOpen;
            _dropped += _isDropping ? 1 : 0;
        }
        else if (!_isDropping && !isOpen)
        {
            _isDropping = true;
            _connection.End();
        }

        _isMidReceive = !part.EndOfMessage;
        return !_isDropping;
    }

    // Reads on while what has come could still become the word that announces a token. A close in the middle is all
    // that the app gets to see.
    private async ValueTask<ValueWebSocketReceiveResult> CompleteStartAsync(
        Memory<byte> buffer, ValueWebSocketReceiveResult result, CancellationToken cancellationToken)
    {
        while (!result.EndOfMessage && result.Count < ControlMessages.Token.Length && result.Count < buffer.Length
            && ControlMessages.Token.StartsWith(buffer.Span[..result.Count]))
        {
            var more = await _transport.Socket.ReceiveAsync(buffer[result.Count..], cancellationToken).ConfigureAwait(false);
            if (more.MessageType is WebSocketMessageType.Close)
            {
                return more;
            }

            result = new(result.Count + more.Count, result.MessageType, more.EndOfMessage);
        }

        return result;
    }

    /// <summary>Reads a token to its end and takes it; the last part, or a close in the middle, which leaves no token.</summary>
    private async ValueTask<ValueWebSocketReceiveResult> TakeTokenAsync(
        ReadOnlyMemory<byte> start, ValueWebSocketReceiveResult part, CancellationToken cancellationToken)
    {
        var text = new byte[MaxControlBytes];
        start.Span[..Math.Min(start.Length, text.Length)].CopyTo(text);
        var length = start.Length;
        var scratch = new byte[1024];
        while (!part.EndOfMessage)
        {
            part = await _transport.Socket.ReceiveAsync(scratch.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (part.MessageType is WebSocketMessageType.Close)
            {
                return part;
            }

            if (length + part.Count <= text.Length)
            {
                scratch.AsSpan(0, part.Count).CopyTo(text.AsSpan(length));
            }

            length += part.Count;
        }

        await RenewAsync(
            length <= text.Length ? Encoding.UTF8.GetString(text.AsSpan(ControlMessages.Token.Length..length)) : "",
            cancellationToken)
            .ConfigureAwait(false);
        return part;
    }

    private async Task RenewAsync(string token, CancellationToken cancellationToken)
    {
        var renewed = await _connection.RenewAsync(token).ConfigureAwait(false);
        if (renewed || _connection.Look() is not DeliveryState.Shut)
        {
            await AnswerAsync(renewed ? ControlMessages.Renewed(_dropped) : ControlMessages.Refused, cancellationToken)
                .ConfigureAwait(false);
        }

        _dropped = renewed ? 0 : _dropped;
    }

    // One that is shut hears its close, which may overtake every word; and the client or the app may have closed meanwhile.
    private async Task AnswerAsync(byte[] word, CancellationToken cancellationToken)
    {
        try
        {
            await _transport.SendAsync(word, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is WebSocketException or ObjectDisposedException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // The app reads on, and sees the end like any other.
        }
    }

    private void Keep(ReadOnlySpan<byte> part, WebSocketMessageType type, WebSocketMessageFlags flags)
    {
        if (!_kept.TryKeep(part, type, flags))
        {
            _connection.End();
            throw Over();
        }
    }

    /// <summary>Whether the message may go now; if not, it is to be kept. Throws once the connection is over.</summary>
    private async ValueTask<bool> TakeTurnAsync(CancellationToken cancellationToken)
    {
        // A message that was begun while the connection was open goes out to its end: half of one would break the protocol.
        while (!_isMidSend)
        {
            var state = _connection.Look();
            if (state is DeliveryState.Shut)
            {
                throw Over();
            }

            if (state is DeliveryState.Held || _kept.IsMidMessage)
            {
                return false;
            }

            await _kept.Gone.WaitAsync(cancellationToken).ConfigureAwait(false);
            await _transport.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_connection.Look() is DeliveryState.Open)
            {
                return true;
            }

            _transport.Turn.Release();
        }

        return true;
    }

    private static WebSocketException Over() =>
        new(WebSocketError.InvalidState, "The token of this connection is no longer valid.");

    private sealed record Farewell(WebSocketCloseStatus Status, string? Description);
}
