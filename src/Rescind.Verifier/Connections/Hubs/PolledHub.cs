using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>A hub connection whose client sends and polls by requests of its own. Safe for concurrent use.</summary>
internal sealed class PolledHub(string id, HttpTransportType transport, LiveConnection connection, Handshake handshake)
{
    private readonly TaskCompletionSource<ReadOnlyMemory<byte>?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refusals;

    public string Id => id;

    public bool IsLongPolling => transport is HttpTransportType.LongPolling;

    public LiveConnection Connection => connection;

    public CurrentPrincipal User => handshake.User;

    /// <summary>Done once it is over: what its client is told, if anything.</summary>
    public Task<ReadOnlyMemory<byte>?> Ended => _end.Task;

    /// <summary>Whether a request came on the connection's own route: of another one the demands were others.</summary>
    public bool IsOnRoute(HttpContext context) => context.GetEndpoint() == handshake.Origin.Endpoint;

    public bool End(ReadOnlyMemory<byte>? close) => _end.TrySetResult(close);

    /// <summary>Whether a poll is the first to be refused since one was let in: stock clients come again at once, with their newest token.</summary>
    public bool RefuseOnce() => Interlocked.Exchange(ref _refusals, 1) == 0;

    /// <summary>A request was let in by its own token.</summary>
    public void LetIn() => Volatile.Write(ref _refusals, 0);
}
