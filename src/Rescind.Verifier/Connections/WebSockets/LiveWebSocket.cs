using System.Net.WebSockets;
using System.Text;

namespace Rescind.Verifier.Connections.WebSockets;

/// <summary>
/// The socket that the app holds. Sending passes the gate; receiving takes out the messages that are ours, and drops what a connection that
/// is not open has no right to send. One sender and one receiver at a time, as for every WebSocket.
/// </summary>
internal sealed class LiveWebSocket : WebSocket
{
    /// <summary>The longest message that may hold a token; a longer one is answered as refused.</summary>
    public const int MaxControlBytes = 32 * 1024;

    private readonly WebSocketTransport _transport;
    private readonly LiveConnection _connection;
    private bool _isMidSend;
    private bool _isMidReceive;
    private bool _isDropping;
    private int _dropped;
    private Task? _ending;

    public LiveWebSocket(WebSocketTransport transport, LiveConnection connection)
    {
        (_transport, _connection) = (transport, connection);
        connection.Begin();
    }

    public override WebSocketCloseStatus? CloseStatus => _transport.Socket.CloseStatus;

    public override string? CloseStatusDescription => _transport.Socket.CloseStatusDescription;

    public override WebSocketState State => _transport.Socket.State;

    public override string? SubProtocol => _transport.Socket.SubProtocol;

    public override void Abort() => _transport.Socket.Abort();

    public override Task CloseAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        _transport.Socket.CloseAsync(closeStatus, statusDescription, cancellationToken);

    public override Task CloseOutputAsync(WebSocketCloseStatus closeStatus, string? statusDescription, CancellationToken cancellationToken) =>
        _transport.Socket.CloseOutputAsync(closeStatus, statusDescription, cancellationToken);

    /// <summary>The app has done with it. Its request is to end after <see cref="EndAsync"/>.</summary>
    public override void Dispose() => _ = EndAsync();

    /// <summary>Ends the connection, and completes when nothing of ours touches the socket any more.</summary>
    public Task EndAsync() => _ending ??= EndOnceAsync();

    public override Task SendAsync(
        ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) =>
        SendAsync(buffer.AsMemory(), messageType, endOfMessage, cancellationToken).AsTask();

    public override ValueTask SendAsync(
        ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken) => SendAsync(
        buffer, messageType, endOfMessage ? WebSocketMessageFlags.EndOfMessage : WebSocketMessageFlags.None, cancellationToken);

    public override async ValueTask SendAsync(
        ReadOnlyMemory<byte> buffer, WebSocketMessageType messageType, WebSocketMessageFlags messageFlags, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
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

    public override async Task<WebSocketReceiveResult> ReceiveAsync(ArraySegment<byte> buffer, CancellationToken cancellationToken)
    {
        var result = await ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
        return result.MessageType is WebSocketMessageType.Close
            ? new(result.Count, result.MessageType, result.EndOfMessage, CloseStatus, CloseStatusDescription)
            : new(result.Count, result.MessageType, result.EndOfMessage);
    }

    public override async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
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
                if (buffer.Span[..result.Count].StartsWith(ControlMessages.Token))
                {
                    await RenewAsync(buffer[..result.Count], result.EndOfMessage, cancellationToken).ConfigureAwait(false);
                    continue;
                }
            }

            if (Admits(result))
            {
                return result;
            }
        }
    }

    private async Task EndOnceAsync()
    {
        await _connection.EndAsync().ConfigureAwait(false);
        _transport.Dispose();
    }

    // Every part of a message passes or falls with its beginning.
    private bool Admits(ValueWebSocketReceiveResult part)
    {
        if (!_isMidReceive)
        {
            _isDropping = _connection.Look() is not Standing.Open;
            _dropped += _isDropping ? 1 : 0;
        }

        _isMidReceive = !part.EndOfMessage;
        return !_isDropping;
    }

    // Reads on while what has come could still become the word that announces a token.
    private async ValueTask<ValueWebSocketReceiveResult> CompleteStartAsync(
        Memory<byte> buffer, ValueWebSocketReceiveResult result, CancellationToken cancellationToken)
    {
        while (!result.EndOfMessage && result.Count < ControlMessages.Token.Length && result.Count < buffer.Length
            && ControlMessages.Token.StartsWith(buffer.Span[..result.Count]))
        {
            var more = await _transport.Socket.ReceiveAsync(buffer[result.Count..], cancellationToken).ConfigureAwait(false);
            result = new(result.Count + more.Count, result.MessageType, more.EndOfMessage);
        }

        return result;
    }

    private async Task RenewAsync(ReadOnlyMemory<byte> start, bool isWhole, CancellationToken cancellationToken)
    {
        var text = new byte[MaxControlBytes];
        start.Span[..Math.Min(start.Length, text.Length)].CopyTo(text);
        var length = start.Length;
        var scratch = new byte[1024];
        while (!isWhole)
        {
            var part = await _transport.Socket.ReceiveAsync(scratch.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (length + part.Count <= text.Length)
            {
                scratch.AsSpan(0, part.Count).CopyTo(text.AsSpan(length));
            }

            length += part.Count;
            isWhole = part.EndOfMessage || part.MessageType is WebSocketMessageType.Close;
        }

        var token = length <= text.Length ? Encoding.UTF8.GetString(text.AsSpan(ControlMessages.Token.Length..length)) : "";
        var renewed = await _connection.RenewAsync(token).ConfigureAwait(false);
        if (renewed || _connection.Look() is not Standing.Shut)
        {
            await AnswerAsync(renewed ? ControlMessages.Renewed(_dropped) : ControlMessages.Refused, cancellationToken).ConfigureAwait(false);
        }

        _dropped = renewed ? 0 : _dropped;
    }

    // One that is shut hears its close, which may overtake every word.
    private async Task AnswerAsync(byte[] word, CancellationToken cancellationToken)
    {
        try
        {
            await _transport.SendAsync(word, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException) when (_connection.Look() is Standing.Shut)
        {
            // The app reads on, and sees the end like any other.
        }
    }

    private async ValueTask TakeTurnAsync(CancellationToken cancellationToken)
    {
        // A message that was begun while the connection was open goes out to its end: half of one would break the protocol.
        while (!_isMidSend)
        {
            if (!await _connection.PassAsync(cancellationToken).ConfigureAwait(false))
            {
                throw new WebSocketException(WebSocketError.InvalidState, "The token of this connection is no longer valid.");
            }

            await _transport.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (_connection.Look() is Standing.Open)
            {
                return;
            }

            _transport.Turn.Release();
        }
    }
}
