using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.Http.Connections.Features;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// A hub connection as its watch sees it, whatever its transport: everything the hub sends goes through the gate, whether it comes from
/// the hub, from outside, or as the answer to a call; the client's messages are looked at before the hub sees them.
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
    private readonly GatedWriter _writer;
    private readonly LiveConnections _connections;
    private readonly List<Task> _answers = [];
    private volatile IHubProtocol? _protocol;

    private LiveHub(ConnectionContext context, Handshake handshake, LiveConnections connections)
    {
        (_context, _inner, _connections) = (context, context.Transport, connections);
        _connection = new(connections, handshake, this);
        _writer = new(_inner.Output, _connection);
        context.Transport = this;
    }

    /// <summary>The connection whose hub is being set up here; null for one that is not watched.</summary>
    public static LiveHub? Current => Flowing.Value;

    public string Kind => "hub";

    public PipeReader Input => _inner.Input;

    public PipeWriter Output => _writer;

    /// <summary>Begins to watch. What the calling method calls finds it as <see cref="Current"/>.</summary>
    public static LiveHub Begin(ConnectionContext context, Handshake handshake, LiveConnections connections)
    {
        var hub = new LiveHub(context, handshake, connections);
        Flowing.Value = hub;
        hub._connection.Begin();
        return hub;
    }

    /// <summary>The protocol that client and server have agreed on, with our look at what comes in.</summary>
    public IHubProtocol Watch(IHubProtocol protocol)
    {
        _protocol = protocol;
        return new WatchedProtocol(protocol, this);
    }

    /// <summary>What the hub gets to see of a message: ours never reach it, and a connection that is not open may not call.</summary>
    public HubMessage Admit(HubMessage message)
    {
        switch (message)
        {
            case InvocationMessage { Arguments: [string token] } call when IsRenewal(call.Target):
                Answer(() => RenewAsync(call.InvocationId, token));
                return PingMessage.Instance;
            case InvocationBindingFailureMessage call when IsRenewal(call.Target):
                Answer(() => AnswerAsync(call.InvocationId, ConnectionEnd.NotValid));
                return PingMessage.Instance;
            case HubMethodInvocationMessage call when _connection.Look() is not Standing.Open:
                Answer(() => AnswerAsync(call.InvocationId, _connection.Refusal));
                return PingMessage.Instance;
            default:
                return message;
        }
    }

    public Task AskAsync(TimeSpan left, CancellationToken cancellationToken) =>
        SendAsync(new InvocationMessage(AskMethod, [ControlMessages.Seconds(left)]), cancellationToken);

    // The code is in the text: a private code on a close frame makes stock clients come back.
    public Task CloseAsync(ConnectionEnd end, CancellationToken cancellationToken) =>
        SendAsync(new CloseMessage(end.Text, end.MayReturn), cancellationToken);

    public void Stop()
    {
        _writer.CancelPendingFlush();
        _inner.Input.CancelPendingRead();
    }

    public void Abort()
    {
        // Long polling has no request of its own to abort; its next poll finds the connection gone.
        if (_context.Features.Get<IHttpTransportFeature>()?.TransportType is not HttpTransportType.LongPolling)
        {
            _context.GetHttpContext()?.Abort();
        }

        _context.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.EndAsync().ConfigureAwait(false);
        await Task.WhenAll(_answers).ConfigureAwait(false);
        _writer.Dispose();
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
        var refusal = _connection.Look() is Standing.Shut ? _connection.Refusal : ConnectionEnd.NotValid;
        await AnswerAsync(invocation, isRenewed ? null : refusal).ConfigureAwait(false);
    }

    private async Task AnswerAsync(string? invocation, ConnectionEnd? refusal)
    {
        if (invocation is null)
        {
            return;
        }

        using var limit = _connections.Limit();
        var answer = refusal is null ? CompletionMessage.Empty(invocation) : CompletionMessage.WithError(invocation, refusal.Text);
        try
        {
            await SendAsync(answer, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException or InvalidOperationException)
        {
            // The client does not read, or is gone: nobody waits for this answer.
        }
    }

    private async Task SendAsync(HubMessage message, CancellationToken cancellationToken)
    {
        if (_protocol is { } protocol)
        {
            await _writer.SendAsync(protocol.GetMessageBytes(message), cancellationToken).ConfigureAwait(false);
        }
    }
}
