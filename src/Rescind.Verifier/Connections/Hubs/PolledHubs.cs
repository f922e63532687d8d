using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// Every <see cref="PolledHub"/>, by the id in its requests: the connection's secret, which nobody but its client
/// knows. One that was closed is remembered for a while, because its client may come for the reason only then. Safe for
/// concurrent use.
/// </summary>
internal sealed class PolledHubs(VerifierClock clock)
{
    /// <summary>How long a client has to come for the reason: twice what SignalR waits for a poll.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, PolledHub> _byId = new();
    private readonly ConcurrentQueue<(string Id, long Ended)> _ended = new();

    /// <summary>The id that a request names; null if it names none.</summary>
    public static string? IdOf(HttpContext? context) => context?.Request.Query["id"].ToString() is { Length: > 0 } id ? id : null;

    public void Add(PolledHub hub)
    {
        Forget();
        _byId[hub.Id] = hub;
        if (hub.Ended.IsCompleted)
        {
            // Over before it was here: nothing would take it out again.
            _byId.TryRemove(hub.Id, out _);
        }
    }

    /// <summary>The connection that a request belongs to; null if there is none.</summary>
    public PolledHub? Find(HttpContext context)
    {
        Forget();
        return IdOf(context) is { } id ? _byId.GetValueOrDefault(id) : null;
    }

    /// <summary>The connection is over; <paramref name="close"/> is what its client is told, if anything.</summary>
    public void End(PolledHub hub, ReadOnlyMemory<byte>? close)
    {
        if (!hub.End(close))
        {
            return;
        }

        Forget();
        if (close is null)
        {
            _byId.TryRemove(hub.Id, out _);
        }
        else
        {
            _ended.Enqueue((hub.Id, clock.Time.GetTimestamp()));
        }
    }

    private void Forget()
    {
        while (_ended.TryPeek(out var first) && clock.Time.GetElapsedTime(first.Ended) >= Memory && _ended.TryDequeue(out first))
        {
            _byId.TryRemove(first.Id, out _);
        }
    }
}
