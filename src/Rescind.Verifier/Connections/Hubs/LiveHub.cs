using System.IO.Pipelines;
using System.Security.Claims;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// A hub connection as its watch sees it, whatever its transport: everything the hub sends goes through the gate,
/// whether it comes from the hub, from outside, or as the answer to a call; the client's messages are looked at before
/// the hub sees them, and once more when it takes them (<see cref="JudgedCalls"/>).
/// </summary>
internal sealed class LiveHub : ILiveTransport, IDuplexPipe, IAsyncDisposable
{
    /// <summary>The client's call: a new token, for this connection.</summary>
    public const string RenewMethod = "Renew";

    /// <summary>The server's call: a new token is needed within so many seconds.</summary>
    public const string AskMethod = "RenewToken";

    /// <summary>How many calls may wait for our answer: a client that does not read them gets no more.</summary>
    private const int MaxAnswers = 16;

    private static readonly AsyncLocal<LiveHub?> Flowing = new();

    private readonly ConnectionContext _context;
    private readonly LiveConnection _connection;
    private readonly IDuplexPipe _inner;
    private readonly HubWriter _writer;
    private readonly LiveConnections _connections;
    private readonly PolledHubs _polled;
    private readonly PolledHub? _self;
    private readonly List<Task> _answers = [];
    private volatile IHubProtocol? _protocol;
    private Task _closing = Task.CompletedTask;

    private LiveHub(ConnectionContext context, Handshake handshake, LiveConnections connections, PolledHubs polled)
    {
        (_context, _inner, _connections) = (context, context.Transport, connections);
        _connection = new(connections, handshake, this);
        _writer = new(_inner.Output, _connection, connections.Options);
        context.Transport = this;

        // Of the connection, whichever of its requests comes next: SignalR asks once, and keeps what it gets for good.
        context.Features.Set<IConnectionUserFeature>(new HubUser(handshake.User));
        _polled = polled;
        if (TransportOf(context) is (HttpTransportType.LongPolling or HttpTransportType.ServerSentEvents) and var transport
            && PolledHubs.IdOf(context.GetHttpContext()) is { } id)
        {
            _self = new(id, transport, _connection, handshake, EndHeldPoll);
        }
    }

    /// <summary>The connection whose hub is being set up here; null for one that is not watched.</summary>
    public static LiveHub? Current => Flowing.Value;

    public string Kind => "hub";

    /// <summary>Whether what the client sends is taken.</summary>
    public bool IsOpen => _connection.Look() is DeliveryState.Open;

    /// <summary>Whether the hub's next item may go: the client has not fallen behind.</summary>
    public bool IsCaughtUp => _writer.IsCaughtUp;

    public PipeReader Input => _inner.Input;

    public PipeWriter Output => _writer;

    /// <summary>Begins to watch. What the calling method calls finds it as <see cref="Current"/>.</summary>
    public static LiveHub Begin(ConnectionContext context, Handshake handshake, LiveConnections connections, PolledHubs polled)
    {
        var hub = new LiveHub(context, handshake, connections, polled);
        context.Features.Set(hub);
        Flowing.Value = hub;
        hub._connection.Begin();
        if (hub._self is { } self)
        {
            polled.Add(self);
        }

        return hub;
    }

    /// <summary>The watched hub connection of a call; null for one that is not watched.</summary>
    public static LiveHub? Of(HubCallerContext context) => context.Features.Get<LiveHub>();

    /// <summary>The protocol that client and server have agreed on, with our look at what comes in.</summary>
    public IHubProtocol Watch(IHubProtocol protocol)
    {
        _protocol = protocol;
        _writer.Ping = protocol.GetMessageBytes(PingMessage.Instance);
        return new WatchedProtocol(protocol, this);
    }

    /// <summary>
    /// What the hub gets to see of a message: ours never reach it, and of a connection that is not open nothing is
    /// taken.
    /// </summary>
    public HubMessage Admit(HubMessage message)
    {
        switch (message)
        {
            case HubMethodInvocationMessage { Arguments: [string token] } call when IsRenewal(call.Target):
                Answer(() => RenewAsync(call.InvocationId, token));
                return PingMessage.Instance;
            case InvocationBindingFailureMessage call when IsRenewal(call.Target):
                Answer(() => AnswerAsync(call.InvocationId, ConnectionEnd.NotValid));
                return PingMessage.Instance;

            // They bring nothing, and begin nothing.
            case PingMessage or AckMessage or SequenceMessage:
                return message;

            // Anybody may leave. Why, the hub hears of a client whose token holds, and of no other.
            case CloseMessage:
                return IsOpen ? message : CloseMessage.Empty;

            // While it is held a client may still end a stream of its own; one that is over may not even that.
            case CancelInvocationMessage:
                return _connection.Look() is DeliveryState.Shut ? PingMessage.Instance : message;
            default:
                return IsOpen ? message : Refuse(message);
        }
    }

    /// <summary>
    /// SignalR itself ends the connection, and nobody waits: its close goes after what waits to go out, and at once
    /// while the connection is held, when the rest will not go any more.
    /// </summary>
    public void SendClose(CloseMessage close) => _closing = TryAsync(async limit =>
    {
        if (IsOpen)
        {
            await _writer.CaughtUpAsync(limit).ConfigureAwait(false);
        }

        if (_connection.Look() is not DeliveryState.Shut)
        {
            await SendAsync(close, limit).ConfigureAwait(false);
        }
    });

    /// <summary>Ends the poll of a client that waits while its connection is held: it may have a newer token by now.</summary>
    public void EndHeldPoll()
    {
        if (_connection.Look() is DeliveryState.Held)
        {
            _writer.SendPing();
        }
    }

    /// <summary>Refuses a call that is about to begin while the connection is not open.</summary>
    public void Judge()
    {
        if (!IsOpen)
        {
            throw new HubException(_connection.Refusal.Text);
        }
    }

    /// <summary>
    /// Refuses to let the hub begin on a connection that is shut: its client may have waited with SignalR's own
    /// handshake.
    /// </summary>
    public void JudgeBeginning()
    {
        if (_connection.Look() is DeliveryState.Shut)
        {
            throw new HubException(_connection.Refusal.Text);
        }
    }

    /// <summary>
    /// Waits until the connection is open; throws <see cref="OperationCanceledException"/> if it will not be any more.
    /// </summary>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        if (!await _connection.PassAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new OperationCanceledException("The token of this connection is no longer valid.");
        }
    }

    /// <summary>Waits until nothing waits to go out, then as <see cref="OpenAsync"/>.</summary>
    public async ValueTask CaughtUpAsync(CancellationToken cancellationToken)
    {
        await _writer.CaughtUpAsync(cancellationToken).ConfigureAwait(false);
        await OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    // Nothing goes missing in silence: a call is answered, a stream ends with an error, and so does the wait for a
    // client's result.
    private HubMessage Refuse(HubMessage message)
    {
        var refusal = _connection.Refusal;
        switch (message)
        {
            case HubMethodInvocationMessage call:
                Answer(() => AnswerAsync(call.InvocationId, refusal));
                return PingMessage.Instance;
            case InvocationBindingFailureMessage call:
                Answer(() => AnswerAsync(call.InvocationId, refusal));
                return PingMessage.Instance;
            case StreamItemMessage or CompletionMessage:
                return CompletionMessage.WithError(((HubInvocationMessage)message).InvocationId!, refusal.Text);
            case StreamBindingFailureMessage item:
                return CompletionMessage.WithError(item.Id, refusal.Text);
            default:
                return PingMessage.Instance;
        }
    }

    public Task AskAsync(TimeSpan left, CancellationToken cancellationToken) =>
        SendAsync(new InvocationMessage(AskMethod, [ControlMessages.Seconds(left)]), cancellationToken);

    public Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken)
    {
        // The code is in the text: a private code on a close frame makes stock clients come back.
        var close = _protocol?.GetMessageBytes(new CloseMessage(end.Text, end.MayReturn));
        EndPolls(close);
        return SendAsync(close, cancellationToken);
    }

    public void Stop()
    {
        _writer.CancelPendingFlush();
        _inner.Input.CancelPendingRead();
    }

    public void Abort()
    {
        // Long polling has no request of its own to abort; its next poll finds the connection gone.
        if (TransportOf(_context) is not HttpTransportType.LongPolling)
        {
            _context.GetHttpContext()?.Abort();
        }

        _context.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.ConfigureAwait(false);
        await _connection.LeaveAsync().ConfigureAwait(false);
        EndPolls(null);
        await Task.WhenAll(_answers).ConfigureAwait(false);
        _writer.Dispose();
    }

    private static HttpTransportType? TransportOf(ConnectionContext context) =>
        context.Features.Get<IHttpTransportFeature>()?.TransportType;

    private void EndPolls(ReadOnlyMemory<byte>? close)
    {
        if (_self is not null)
        {
            _polled.End(_self, close);
        }
    }

    private static bool IsRenewal(string target) => target.Equals(RenewMethod, StringComparison.OrdinalIgnoreCase);

    // Called by the one reader of the connection.
    private void Answer(Func<Task> answer)
    {
        _answers.RemoveAll(static task => task.IsCompleted);
        if (_answers.Count < MaxAnswers)
        {
            _answers.Add(answer());
        }
    }

    private async Task RenewAsync(string? invocation, string token)
    {
        var isRenewed = await _connection.RenewAsync(token).ConfigureAwait(false);

        // The token of somebody else has ended the connection: to say that the old one goes on counting would not be so.
        var refusal = _connection.Look() is DeliveryState.Shut ? _connection.Refusal : ConnectionEnd.NotValid;
        await AnswerAsync(invocation, isRenewed ? null : refusal).ConfigureAwait(false);
    }

    private Task AnswerAsync(string? invocation, ConnectionEnd? refusal)
    {
        if (invocation is null)
        {
            return Task.CompletedTask;
        }

        var answer = refusal is null
            ? CompletionMessage.Empty(invocation)
            : CompletionMessage.WithError(invocation, refusal.Text);
        return TryAsync(limit => SendAsync(answer, limit));
    }

    private async Task TryAsync(Func<CancellationToken, Task> send)
    {
        using var limit = _connections.Limit();
        try
        {
            await send(limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The client does not read, or is gone, for whatever reason: nobody waits for this.
        }
    }

    private Task SendAsync(HubMessage message, CancellationToken cancellationToken) =>
        SendAsync(_protocol?.GetMessageBytes(message), cancellationToken);

    private Task SendAsync(ReadOnlyMemory<byte>? message, CancellationToken cancellationToken) =>
        message is { } bytes ? _writer.SendAsync(bytes, cancellationToken) : Task.CompletedTask;

    private sealed class HubUser(CurrentPrincipal user) : IConnectionUserFeature
    {
        // A poll brings a principal of its own, which no later token changes.
        public ClaimsPrincipal? User
        {
            get => user;
            set => _ = value;
        }
    }
}
