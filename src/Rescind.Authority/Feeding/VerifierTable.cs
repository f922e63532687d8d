using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// The verifiers that are remembered, by client, and who makes room for whom: each client has a share, past which its
/// silent instances are forgotten first. No live one is ever forgotten: a receipt would lie. Not safe for concurrent use:
/// <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class VerifierTable(ClientRegistry clients, SteadyClock clock)
{
    private readonly Dictionary<string, ClientVerifiers> _clients = new(StringComparer.Ordinal);

    // Those that have verifiers beyond their share, or had: receipts of very many clients look at no others.
    private readonly HashSet<ClientVerifiers> _pastShare = [];
    private int _total;
    private long _came;

    /// <summary>Those of them that are live.</summary>
    public LiveVerifiers Live { get; } = new();

    /// <summary>What they have closed.</summary>
    public ClosedConnections Closed { get; } = new();

    /// <summary>Rows that are to go with the next that are saved.</summary>
    public ForgottenRows Forgotten { get; } = new();

    public IEnumerable<KnownVerifier> All => _clients.Values.SelectMany(client => client.Counted);

    public ClientVerifiers ClientOf(string clientId)
    {
        if (!_clients.TryGetValue(clientId, out var client))
        {
            _clients.Add(clientId, client = new(clientId));
        }

        return client;
    }

    /// <summary>One that is remembered; null if it is not.</summary>
    public KnownVerifier? Find(string clientId, string instance) =>
        _clients.TryGetValue(clientId, out var client) && client.TryFind(instance, out var known) ? known : null;

    public int ShareOf(string clientId) => clients.Find(clientId)?.Verifiers ?? VerifierRegistry.DefaultShare;

    /// <summary>What each client has, by its id.</summary>
    public IReadOnlyList<VerifierShare> SharesAt(DateTimeOffset now) =>
    [
        .. _clients.Values.OrderBy(client => client.ClientId, StringComparer.Ordinal)
            .Select(client => new VerifierShare(
                client.ClientId, client.Counted.Count, ShareOf(client.ClientId), client.Uncounted.CountAt(now))),
    ];

    /// <summary>Until when verifiers may accept of which a database that was restored knows nothing.</summary>
    public DateTimeOffset UnknownUntil { get; set; }

    /// <summary>
    /// How many are served beyond the shares of all clients, or are not known since a database was restored: at least so many.
    /// </summary>
    public int UncountedAt(DateTimeOffset now)
    {
        _pastShare.RemoveWhere(client => client.Uncounted.CountAt(now) == 0);
        return Math.Max(_pastShare.Sum(client => client.Uncounted.CountAt(now)), now <= UnknownUntil ? 1 : 0);
    }

    /// <summary>Those of a client that are served beyond its share, of which one is heard now.</summary>
    public UncountedVerifiers UncountedOf(ClientVerifiers client)
    {
        _pastShare.Add(client);
        return client.Uncounted;
    }

    /// <summary>A number that no verifier has had.</summary>
    public long TakeNumber() => _came++;

    /// <summary>Counts one, in place of what it said before; it was heard now.</summary>
    public void Put(ClientVerifiers client, KnownVerifier known)
    {
        Forgotten.Remove(known.Key);
        client.Uncounted.Forget(known.Row.Instance);
        var before = client.Remove(known.Row.Instance);
        if (before is null)
        {
            _total++;
        }
        else
        {
            Live.Remove(before);
        }

        client.Put(known);
        Live.Add(known);
        Closed.Hear(known.Key, known.Row.Connections);
    }

    /// <summary>Another node has heard that one of them came further. What it has applied once stays applied.</summary>
    public void Advance(StoredVerifier row)
    {
        if (Find(row.ClientId, row.Instance) is { } known && known.Row.Position < row.Position)
        {
            var (client, advanced) = (ClientOf(row.ClientId), known.At(row.Position));
            client.Remove(row.Instance);
            Live.Remove(known);
            client.Put(advanced);
            Live.Add(advanced);
        }
    }

    /// <summary>Moves the instant at which an answer last left for one.</summary>
    public void See(ClientVerifiers client, KnownVerifier known, DateTimeOffset now)
    {
        Live.Remove(known);
        client.See(known, now);
        Live.Add(known);
    }

    /// <summary>One has left.</summary>
    public void Remove(ClientVerifiers client, string instance)
    {
        client.Uncounted.Forget(instance);
        Forget(client.Remove(instance));
    }

    /// <summary>
    /// Whether there is room for one more of a client. Its own silent ones make room first; where others have used up all
    /// that is remembered, theirs do.
    /// </summary>
    public bool MakeRoom(ClientVerifiers client, DateTimeOffset now)
    {
        var share = ShareOf(client.ClientId);
        while ((client.Counted.Count >= share || _total >= VerifierRegistry.Most) && client.RemoveSilentBefore(now) is { } silent)
        {
            Forget(silent);
        }

        if (client.Counted.Count < share && _total >= VerifierRegistry.Most)
        {
            Forget(_clients.Values.Select(other => other.RemoveSilentBefore(now)).FirstOrDefault(silent => silent is not null));
        }

        return client.Counted.Count < share && _total < VerifierRegistry.Most;
    }

    /// <summary>Forgets who has been silent for long.</summary>
    public void ForgetOld(DateTimeOffset now)
    {
        foreach (var client in _clients.Values)
        {
            while (client.RemoveSilentBefore(now - VerifierRegistry.RememberedFor) is { } silent)
            {
                Forget(silent);
            }

            if (client.Counted.Count == 0 && client.Uncounted.CountAt(now) == 0)
            {
                _clients.Remove(client.ClientId);
            }
        }
    }

    private void Forget(KnownVerifier? known)
    {
        if (known is not null)
        {
            _total--;
            Live.Remove(known);
            Closed.Forget(known.Key);
            Forgotten.Add(known.RowAt(known.Seen + clock.SetBy));
        }
    }
}
