using Microsoft.Extensions.Logging;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Who follows the feed, and how far each has come: the position that a follower polls after is its acknowledgement. No
/// answer leaves for a verifier whose row was never saved, and whoever has a row counts as heard at a start, so that
/// receipts stay complete over restarts. Each client has a share of what is remembered: past it its silent instances
/// are forgotten, and if all are live, further ones are served and not counted, which every receipt says. No live one
/// is ever forgotten: a receipt would lie. Safe for concurrent use.
/// </summary>
internal sealed class Verifiers(IRegistryStore store, ClientRegistry clients, TimeProvider time, ILogger<Verifiers> logger)
{
    /// <summary>The most verifiers that are remembered.</summary>
    public const int Most = StoredVerifier.Most;

    /// <summary>How many of them one client may have, unless its record says otherwise.</summary>
    public const int DefaultShare = Most / 10;

    /// <summary>How long after its bound a verifier still counts as live.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>How long a silent one is remembered.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1);

    /// <summary>How often all rows are saved together.</summary>
    public static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(3);

    /// <summary>The most rows that are saved in one transaction: others wait for the writer.</summary>
    public const int MostAtOnce = 250;

    /// <summary>How old a saved row gets before it is saved by itself, because common saving has missed it.</summary>
    public static readonly TimeSpan OldestRow = TimeSpan.FromSeconds(5);

    /// <summary>How often operators are told of a client that is past its share.</summary>
    public static readonly TimeSpan TellInterval = TimeSpan.FromHours(1);

    // If the clock were put forward, live verifiers would look gone, and receipts complete.
    private readonly SteadyClock _clock = new(time, time.GetUtcNow(), SteadyClock.PatienceToForget);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ClientVerifiers> _clients = new(StringComparer.Ordinal);
    private readonly Waiters _waiters = new();

    // Rows that are to go with the next that are saved.
    private readonly Dictionary<(string ClientId, string Instance), StoredVerifier> _forgotten = [];
    private (int Live, DateTimeOffset When) _counted;
    private int _total;

    private IEnumerable<KnownVerifier> All => _clients.Values.SelectMany(client => client.Counted);

    private IEnumerable<KnownVerifier> Live => _clock.Now is var now ? All.Where(known => known.IsLiveAt(now)) : [];

    /// <summary>
    /// Takes what was saved. Each may have been answered up to now: a full disk keeps rows old, and the feed goes on.
    /// </summary>
    public void Load(IEnumerable<StoredVerifier> rows, IEnumerable<StoredUncounted> uncounted)
    {
        lock (_lock)
        {
            foreach (var row in rows)
            {
                var seen = DateTimeOffset.FromUnixTimeSeconds(row.SeenAt) - _clock.SetBy;
                Count(ClientOf(row.ClientId), new(row, _clock.Now, _waiters.TakePlace()) { Saved = SavedVerifier.Of(row, seen) });
            }

            foreach (var served in uncounted)
            {
                ClientOf(served.ClientId).Uncounted.Load(served, _clock.Now);
            }
        }
    }

    /// <summary>Hears a poll.</summary>
    public void Hear(string clientId, string? address, FeedRequest request)
    {
        if (request.Follower is not { } follower)
        {
            return;
        }

        var now = _clock.Now;
        var row = new StoredVerifier(clientId, follower.Instance, follower.Name, address, follower.Version,
            (long)follower.Bound.TotalMilliseconds, request.After, now.ToUnixTimeSeconds());
        var isPast = false;
        lock (_lock)
        {
            var client = ClientOf(clientId);
            if (request.Leaving)
            {
                client.Uncounted.Forget(follower.Instance);
                Forgotten(client.Remove(follower.Instance));
            }
            else if (client.TryFind(follower.Instance, out var known) || MakeRoom(client, now))
            {
                client.Uncounted.Forget(follower.Instance);
                var place = known?.Place ?? _waiters.TakePlace();
                _waiters.Acknowledge(place, request.After);
                Count(client, new(row, now, place) { Saved = known?.Saved, Connections = request.Connections });
            }
            else
            {
                client.Uncounted.Hear(follower.Instance, now, now + follower.Bound + Grace);
                isPast = client.ToldAt is not { } told || now - told >= TellInterval;
                client.ToldAt = isPast ? now : client.ToldAt;
            }
        }

        if (isPast)
        {
            AuthorityLog.PastShareOfVerifiers(logger, clientId, ShareOf(clientId));
        }
    }

    /// <summary>
    /// Notes that an answer leaves now: from here the verifier may accept for its bound. Its row is saved first if common
    /// saving has not come to it, as in an Authority that was killed again and again before its first round; where that fails,
    /// its older row stands for it, unless its bound has grown. Of one that is not counted it is saved that there are such.
    /// </summary>
    public async ValueTask AnsweringAsync(string clientId, FollowerIdentity follower, CancellationToken cancellationToken)
    {
        VerifierChanges changes;
        var isCovered = false;
        lock (_lock)
        {
            var (client, now) = (ClientOf(clientId), _clock.Now);
            if (client.TryFind(follower.Instance, out var known))
            {
                client.See(known, now);
                isCovered = known.IsCovered;
                if (isCovered && now - known.Saved?.Seen < OldestRow)
                {
                    return;
                }

                changes = ChangesOf([(known, now)], []);
            }
            else if (client.Uncounted.See(follower.Instance, now, now + follower.Bound + Grace) is { } due)
            {
                changes = ChangesOf([], [due]);
            }
            else
            {
                return;
            }
        }

        try
        {
            await SaveAsync(changes, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (isCovered)
        {
            // A start goes by the older row.
        }
    }

    /// <summary>
    /// How many are live, those that no receipt counts too; looked at once a second at most: every answer asks.
    /// </summary>
    public int LiveCount
    {
        get
        {
            lock (_lock)
            {
                if (_counted.When + Grace <= _clock.Now)
                {
                    _counted = (Live.Count() + UncountedAt(_clock.Now), _clock.Now);
                }

                return _counted.Live;
            }
        }
    }

    /// <summary>All that are remembered, by name, client and instance.</summary>
    public IReadOnlyList<ListedVerifier> List(LogPosition head)
    {
        ListedVerifier[] all;
        lock (_lock)
        {
            all = [.. All.Select(known => known.ToListed(_clock, head))];
        }

        // Sorted aside: polls wait for the lock.
        return [.. all.OrderBy(one => one.Row.Name, StringComparer.Ordinal)
            .ThenBy(one => one.Row.ClientId, StringComparer.Ordinal).ThenBy(one => one.Row.Instance, StringComparer.Ordinal)];
    }

    /// <summary>What each client has of the verifiers that are remembered, by its id.</summary>
    public IReadOnlyList<VerifierShare> Shares
    {
        get
        {
            lock (_lock)
            {
                var now = _clock.Now;
                return
                [
                    .. _clients.Values.OrderBy(client => client.ClientId, StringComparer.Ordinal)
                        .Select(client => new VerifierShare(
                            client.ClientId, client.Counted.Count, ShareOf(client.ClientId), client.Uncounted.CountAt(now))),
                ];
            }
        }
    }

    /// <summary>
    /// The live connections of all verifiers that are live and have said how many they watch; null if none has.
    /// </summary>
    public long? LiveConnections
    {
        get
        {
            lock (_lock)
            {
                return Sum(Live.Select(known => known.Connections?.Live));
            }
        }
    }

    /// <summary>How many connections each verifier has closed by now, where it has said so.</summary>
    public ClosedConnections Closed
    {
        get
        {
            lock (_lock)
            {
                return new(All.Where(known => known.Connections is not null)
                    .ToDictionary(known => known.Key, known => known.Connections!.Closed));
            }
        }
    }

    private static long? Sum(IEnumerable<long?> counts) =>
        counts.OfType<long>().ToList() is { Count: > 0 } known ? known.Sum() : null;

    /// <summary>How far a position has come by now.</summary>
    public ReceiptCoverage Coverage(LogPosition position, DateTimeOffset committed)
    {
        lock (_lock)
        {
            return Cover(position, committed, TimeSpan.FromTicks(Math.Max(0, (time.GetUtcNow() - committed).Ticks)));
        }
    }

    /// <summary>
    /// Waits until every verifier that is live now has applied <paramref name="position"/>, or <paramref name="wait"/>
    /// is over. Counts what was closed since <paramref name="before"/>: a verifier has stopped delivery on what an
    /// entry names before it acknowledges that entry.
    /// </summary>
    public async Task<ReceiptCoverage> WaitAsync(
        LogPosition position, DateTimeOffset committed, TimeSpan wait, ClosedConnections before,
        CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        Waiter waiter;
        lock (_lock)
        {
            waiter = _waiters.Add(position, Live.Where(known => known.Row.Position < position).Select(known => known.Place));
        }

        await waiter.Done.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _waiters.Remove(waiter);
            cancellationToken.ThrowIfCancellationRequested();
            return Cover(position, committed, time.GetElapsedTime(since)) with
            {
                Closed = Sum(All.Select(known => known.Connections?.Closed - before.Of(known.Key))),
            };
        }
    }

    /// <summary>Saves what has changed, and forgets who has been silent for long.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        VerifierChanges changes;
        lock (_lock)
        {
            ForgetOld();
            var now = _clock.Now;
            var rows = All.Where(known => known.IsLiveAt(now) || known.Saved?.Seen != known.Seen);
            changes = ChangesOf([.. rows.Select(known => (known, known.Seen))], []);
        }

        foreach (var part in changes.InPartsOf(MostAtOnce))
        {
            await SaveAsync(part, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SaveAsync(VerifierChanges changes, CancellationToken cancellationToken)
    {
        await store.SaveVerifiersAsync(changes, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var (row, seen) in changes.Rows.Zip(changes.Seen))
            {
                if (ClientOf(row.ClientId).TryFind(row.Instance, out var known))
                {
                    known.Saved = SavedVerifier.Of(row, seen);
                }
            }

            foreach (var uncounted in changes.Uncounted)
            {
                ClientOf(uncounted.ClientId).Uncounted.Saved(uncounted.MovedBy(-changes.SetBy));
            }
        }
    }

    private VerifierChanges ChangesOf((KnownVerifier Known, DateTimeOffset Seen)[] rows, StoredUncounted[] uncounted)
    {
        StoredVerifier[] forgotten = [.. _forgotten.Values];
        _forgotten.Clear();
        var setBy = _clock.SetBy;
        return new([.. rows.Select(row => row.Known.RowAt(row.Seen + setBy))], forgotten,
            [.. uncounted.Select(one => one.MovedBy(setBy))])
        {
            Seen = [.. rows.Select(row => row.Seen)], SetBy = setBy,
        };
    }

    private ReceiptCoverage Cover(LogPosition position, DateTimeOffset committed, TimeSpan elapsed) =>
        ReceiptCoverage.Of([.. Live], UncountedAt(_clock.Now), position, committed, elapsed, _clock.Now);

    private int UncountedAt(DateTimeOffset now) => _clients.Values.Sum(client => client.Uncounted.CountAt(now));

    private int ShareOf(string clientId) => clients.Find(clientId)?.Verifiers ?? DefaultShare;

    private ClientVerifiers ClientOf(string clientId)
    {
        if (!_clients.TryGetValue(clientId, out var client))
        {
            _clients.Add(clientId, client = new(clientId));
        }

        return client;
    }

    private void Count(ClientVerifiers client, KnownVerifier known)
    {
        _forgotten.Remove(known.Key);
        _total += client.TryFind(known.Row.Instance, out _) ? 0 : 1;
        client.Put(known);
    }

    private void Forgotten(KnownVerifier? known)
    {
        if (known is not null)
        {
            _total--;
            _waiters.GivePlace(known.Place);
            _forgotten[known.Key] = known.RowAt(known.Seen + _clock.SetBy);
        }
    }

    // Its own silent ones make room first. Where others have used up all that is remembered, theirs do.
    private bool MakeRoom(ClientVerifiers client, DateTimeOffset now)
    {
        var share = ShareOf(client.ClientId);
        while ((client.Counted.Count >= share || _total >= Most) && client.RemoveSilentBefore(now) is { } silent)
        {
            Forgotten(silent);
        }

        if (client.Counted.Count < share && _total >= Most)
        {
            Forgotten(_clients.Values.Select(other => other.RemoveSilentBefore(now))
                .FirstOrDefault(silent => silent is not null));
        }

        return client.Counted.Count < share && _total < Most;
    }

    private void ForgetOld()
    {
        var oldest = _clock.Now - RememberedFor;
        foreach (var client in _clients.Values)
        {
            while (client.RemoveSilentBefore(oldest) is { } silent)
            {
                Forgotten(silent);
            }

            if (client.Counted.Count == 0 && client.Uncounted.CountAt(_clock.Now) == 0)
            {
                _clients.Remove(client.ClientId);
            }
        }
    }
}
