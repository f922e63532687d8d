using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>A hub connection whose client sends and polls by requests of its own. Safe for concurrent use.</summary>
internal sealed class PolledHub(
    string id, HttpTransportType transport, LiveConnection connection, Handshake handshake, Action endHeldPoll)
{
    private readonly TaskCompletionSource<ReadOnlyMemory<byte>?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _polls;
    private int _sends;

    public string Id => id;

    public bool IsLongPolling => transport is HttpTransportType.LongPolling;

    public LiveConnection Connection => connection;

    public CurrentPrincipal User => handshake.User;

    /// <summary>Done once it is over: what its client is told, if anything.</summary>
    public Task<ReadOnlyMemory<byte>?> Ended => _end.Task;

    /// <summary>Whether a request came on the connection's own route: of another one the demands were others.</summary>
    public bool IsOnRoute(HttpContext context) => context.GetEndpoint() == handshake.Origin.Endpoint;

    public bool End(ReadOnlyMemory<byte>? close) => _end.TrySetResult(close);

    /// <summary>Ends a poll that waits while the connection is held.</summary>
    public void EndHeldPoll() => endHeldPoll();

    /// <summary>
    /// Whether a request is to be refused so that its client repeats it with its newest token: every other one, of
    /// polls and of the rest by themselves, which come one after the other.
    /// </summary>
    public bool RefusesNext(bool isPoll) => (Interlocked.Increment(ref isPoll ? ref _polls : ref _sends) & 1) != 0;

    /// <summary>A request was let in by its own token.</summary>
    public void LetIn(bool isPoll) => Volatile.Write(ref isPoll ? ref _polls : ref _sends, 0);
}
