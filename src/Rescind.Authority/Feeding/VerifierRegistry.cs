using Microsoft.Extensions.Logging;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Who follows the feed, and how far each has come: the position that a follower polls after is its acknowledgement. No
/// answer leaves for a verifier whose row was never saved, and whoever has a row counts as heard at a start, so that
/// receipts stay complete over restarts. Each client has a share of what is remembered: past it its silent instances
/// are forgotten, and if all are live, further ones are served and not counted, which every receipt says. Safe for
/// concurrent use.
/// On a store that nodes share the rows also say to each node whom the others serve: an answer leaves only by a row that
/// they may have read before it was made.
/// </summary>
internal sealed class VerifierRegistry
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

    private readonly IRegistryStore _store;
    private readonly ILogger<VerifierRegistry> _logger;
    private readonly TimeProvider _time;

    // If the clock were put forward, live verifiers would look gone, and receipts complete.
    private readonly SteadyClock _clock;

    // Guards the table, and all that it holds.
    private readonly Lock _lock = new();
    private readonly VerifierTable _table;

    private readonly SharedRows? _shared;

    public VerifierRegistry(
        IRegistryStore store, ClientRegistry clients, TimeProvider time, ILogger<VerifierRegistry> logger,
        SharedRows? shared = null)
    {
        (_store, _logger, _time, _shared) = (store, logger, time, shared is { IsShared: true } ? shared : null);
        _clock = new(time, time.GetUtcNow(), SteadyClock.PatienceToForget);
        _table = new(clients, _clock);
        Receipts = new(_table, _lock, _clock, time, _shared);
    }

    /// <summary>How far revocations have come among them.</summary>
    public Receipts Receipts { get; }

    /// <summary>
    /// Takes what was saved. Each may have been answered up to now: a full disk keeps rows old, and the feed goes on. On a
    /// store that is shared none was answered here, and <see cref="SharedRows"/> says who is live elsewhere.
    /// </summary>
    public void Load(IEnumerable<StoredVerifier> rows, IEnumerable<StoredUncounted> uncounted)
    {
        lock (_lock)
        {
            foreach (var row in rows)
            {
                var seen = DateTimeOffset.FromUnixTimeSeconds(row.SeenAt) - _clock.SetBy;
                var heard = _shared is null ? _clock.Now : SilentSince(row, seen);
                _table.Put(
                    _table.ClientOf(row.ClientId),
                    new(row, heard, _table.TakeNumber())
                    {
                        Saved = new(_shared is null ? seen : heard, BoundOf(row), _shared is null, _clock.Now, Moment.Now(_time)),
                    });
            }

            foreach (var served in _shared is null ? uncounted : [])
            {
                Load(served);
            }
        }
    }

    private void Load(StoredUncounted served)
    {
        if (served.IsOfRestore)
        {
            _table.UnknownUntil = DateTimeOffset.FromUnixTimeSeconds(served.Until) - _clock.SetBy;
        }
        else
        {
            _table.UncountedOf(_table.ClientOf(served.ClientId)).Load(served, _clock.Now);
        }
    }

    /// <summary>
    /// Remembers that the database was restored: verifiers of which it knows nothing may accept until the largest bound is
    /// over, and until then receipts of every node, and after every start, count one. What there is to load of it.
    /// </summary>
    public async Task<StoredUncounted> SaveRestoreAsync(CancellationToken cancellationToken)
    {
        var until = _clock.Now + _clock.SetBy + TimeSpan.FromSeconds(Retention.LargestBound) + Grace;
        var row = StoredUncounted.OfRestore((until.ToUnixTimeMilliseconds() + 999) / 1000);
        await _store.SaveVerifiersAsync(new([], [], [row]), cancellationToken).ConfigureAwait(false);
        return row;
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
            (long)follower.Bound.TotalMilliseconds, request.After, now.ToUnixTimeSeconds())
        {
            Connections = request.Connections,
        };
        var isPast = false;
        lock (_lock)
        {
            var client = _table.ClientOf(clientId);
            if (request.Leaving)
            {
                _table.Remove(client, follower.Instance);
            }
            else if (client.TryFind(follower.Instance, out var known) || _table.MakeRoom(client, now))
            {
                var number = known?.Number ?? _table.TakeNumber();
                _table.Put(client, new(row, now, number) { Saved = known?.Saved });
            }
            else
            {
                _table.UncountedOf(client).Hear(follower.Instance, now, now + follower.Bound + Grace);
                isPast = client.ToldAt is not { } told || now - told >= TellInterval;
                client.ToldAt = isPast ? now : client.ToldAt;
            }

            _table.Live.Settle(now);
        }

        if (isPast)
        {
            AuthorityLog.PastShareOfVerifiers(_logger, clientId, _table.ShareOf(clientId));
        }
    }

    /// <summary>
    /// Notes that an answer leaves now: from here the verifier may accept for its bound. Its row is saved first if common
    /// saving has not come to it, as in an Authority that was killed again and again before its first round; where that fails,
    /// its older row stands for it, unless its bound has grown. Of one that is not counted it is saved that there are such. Rows
    /// that are to go do so with it, as many as one transaction takes, and the others with the next.
    /// </summary>
    /// <param name="clientId">The client.</param>
    /// <param name="follower">The verifier.</param>
    /// <param name="age">For how long what is answered has been known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>
    /// Whether other nodes may not have known of the verifier when the answer was made: what was committed by now must be
    /// in it.
    /// </returns>
    public async ValueTask<bool> AnsweringAsync(
        string clientId, FollowerIdentity follower, TimeSpan age, CancellationToken cancellationToken)
    {
        VerifierChanges changes;
        var isCovered = false;
        lock (_lock)
        {
            var (client, now) = (_table.ClientOf(clientId), _clock.Now);
            if (client.TryFind(follower.Instance, out var known))
            {
                _table.See(client, known, now);
                isCovered = known.IsCovered;
                if (isCovered && IsRecent(known, now))
                {
                    return _shared is not null && known.Saved?.Since > now - age;
                }

                changes = ChangesOf([(known, now)], _table.Forgotten.Take(MostAtOnce), []);
            }
            else if (_table.UncountedOf(client).See(follower.Instance, now, now + follower.Bound + Grace) is { } due)
            {
                changes = ChangesOf([], _table.Forgotten.Take(MostAtOnce), [due]);
            }
            else
            {
                return _shared is not null;
            }
        }

        try
        {
            await SaveAsync(changes, isAnswer: true, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (isCovered && _shared is null)
        {
            // A start goes by the older row. Other nodes would not.
        }

        return _shared is not null;
    }

    /// <summary>How many are live, those that no receipt counts too.</summary>
    public int LiveCount
    {
        get
        {
            lock (_lock)
            {
                var now = _clock.Now;
                _table.Live.Settle(now);
                return _table.Live.Count + _table.UncountedAt(now);
            }
        }
    }

    /// <summary>How many are live beyond the shares of their clients.</summary>
    public int CountUncounted()
    {
        lock (_lock)
        {
            return _table.UncountedAt(_clock.Now);
        }
    }

    /// <summary>
    /// How many are in which state, without those that another node serves now. Looks at each once, as every saving does:
    /// for whoever collects metrics.
    /// </summary>
    public VerifierCounts CountByState()
    {
        var elsewhere = (_shared?.Live ?? []).Select(static row => (row.ClientId, row.Instance)).ToHashSet();
        lock (_lock)
        {
            var now = _clock.Now;
            return _table.All.Where(known => known.IsLiveAt(now) || !elsewhere.Contains(known.Key))
                .Aggregate(default(VerifierCounts), (counts, known) => counts.With(known, now));
        }
    }

    /// <summary>All that are remembered, by name, client and instance.</summary>
    public IReadOnlyList<ListedVerifier> List(LogPosition head)
    {
        ListedVerifier[] all;
        lock (_lock)
        {
            all = [.. _table.All.Select(known => known.ToListed(_clock, head))];
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
                return _table.SharesAt(_clock.Now);
            }
        }
    }

    /// <summary>Saves what has changed, and forgets who has been silent for long. Then reads what others have saved.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        (KnownVerifier, DateTimeOffset)[] rows;
        IReadOnlyList<StoredVerifier> forgotten;
        lock (_lock)
        {
            var now = _clock.Now;
            _table.ForgetOld(now);
            forgotten = _table.Forgotten.Take(int.MaxValue);
            rows =
            [
                .. _table.All.Where(known => known.IsLiveAt(now) || known.Saved?.Seen != known.Seen)
                    .Select(known => (known, known.Seen)),
            ];
        }

        // Made aside: polls wait for the lock.
        var changes = ChangesOf(rows, forgotten, []);
        foreach (var part in changes.InPartsOf(MostAtOnce))
        {
            await SaveAsync(part, isAnswer: false, cancellationToken).ConfigureAwait(false);
        }

        await Receipts.ReadOthersAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task SaveAsync(VerifierChanges changes, bool isAnswer, CancellationToken cancellationToken)
    {
        var at = Moment.Now(_time);
        await _store.SaveVerifiersAsync(changes, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var (row, seen) in changes.Rows.Zip(changes.Seen))
            {
                if (_table.ClientOf(row.ClientId).TryFind(row.Instance, out var known))
                {
                    var isKnown = known.IsCovered && IsRecent(known, seen);
                    known.Saved = new(
                        seen, BoundOf(row), Vouches: _shared is null || isAnswer || isKnown,
                        Since: isKnown ? known.Saved!.Value.Since : _clock.Now, at);
                }
            }

            foreach (var uncounted in changes.Uncounted)
            {
                _table.ClientOf(uncounted.ClientId).Uncounted.Saved(uncounted.MovedBy(-changes.SetBy));
            }
        }
    }

    // While the machine was suspended the clock stood still here, and not at other nodes.
    private bool IsRecent(KnownVerifier known, DateTimeOffset now) => known.Saved is { } saved
        && now - saved.Seen < OldestRow && (_shared is null || saved.At.AgeBy(_time) < OldestRow);

    private static TimeSpan BoundOf(StoredVerifier row) => TimeSpan.FromMilliseconds(row.BoundMilliseconds);

    private DateTimeOffset SilentSince(StoredVerifier row, DateTimeOffset seen)
    {
        var silent = _clock.Now - TimeSpan.FromMilliseconds(row.BoundMilliseconds) - Grace - TimeSpan.FromSeconds(1);
        return seen < silent ? seen : silent;
    }

    private VerifierChanges ChangesOf(
        (KnownVerifier Known, DateTimeOffset Seen)[] rows, IReadOnlyList<StoredVerifier> forgotten, StoredUncounted[] uncounted)
    {
        var setBy = _clock.SetBy;
        return new([.. rows.Select(row => row.Known.RowAt(row.Seen + setBy))], forgotten,
            [.. uncounted.Select(one => one.MovedBy(setBy))])
        {
            Seen = [.. rows.Select(row => row.Seen)], SetBy = setBy,
        };
    }
}
