using Rescind.Authority.Revoking;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Who follows the feed, and how far each has come: the position that a follower polls after is its acknowledgement. No answer leaves
/// for a verifier whose saved row is missing or old, so that receipts stay complete over restarts. Safe for concurrent use.
/// </summary>
internal sealed class Verifiers(IRegistryStore store, TimeProvider time)
{
    /// <summary>The most verifiers that are remembered; more are refused, because a receipt that does not count them would lie.</summary>
    public const int Most = 20_000;

    /// <summary>How long after its bound a verifier still counts as live.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>How long a silent one is remembered.</summary>
    public static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1);

    /// <summary>How often all rows are saved together.</summary>
    public static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(3);

    /// <summary>How old a saved row may be while answers leave: one that common saving has missed is saved by itself.</summary>
    public static readonly TimeSpan OldestRow = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string ClientId, string Instance), KnownVerifier> _known = [];
    private readonly List<Waiter> _waiters = [];
    private (int Live, DateTimeOffset When) _counted;

    /// <summary>Takes what was saved. Each may have been answered since its row was written.</summary>
    public void Load(IEnumerable<StoredVerifier> rows)
    {
        lock (_lock)
        {
            foreach (var row in rows)
            {
                var saved = DateTimeOffset.FromUnixTimeSeconds(row.SeenAt);
                var seen = saved + TimeSpan.FromSeconds(1) + OldestRow;
                _known[(row.ClientId, row.Instance)] = new(row, seen < time.GetUtcNow() ? seen : time.GetUtcNow()) { Saved = saved };
            }
        }
    }

    /// <summary>Hears a poll. False if there is no room for another verifier.</summary>
    public bool Hear(string clientId, string? address, FeedRequest request)
    {
        if (request.Follower is not { } follower)
        {
            return true;
        }

        var row = new StoredVerifier(clientId, follower.Instance, follower.Name, address, follower.Version,
            (long)follower.Bound.TotalMilliseconds, request.After, time.GetUtcNow().ToUnixTimeSeconds());
        lock (_lock)
        {
            if (!_known.TryGetValue((clientId, follower.Instance), out var known) && !MakeRoom())
            {
                return false;
            }

            if (!request.Leaving)
            {
                _known[(clientId, follower.Instance)] = new(row, time.GetUtcNow()) { Saved = known?.Saved, Connections = request.Connections };
            }
            else
            {
                _known.Remove((clientId, follower.Instance));
            }

            Acknowledge((clientId, follower.Instance), request.Leaving ? new(LogPosition.MaxValue) : request.After);
        }

        return true;
    }

    /// <summary>
    /// Notes that an answer leaves now: from here the verifier may accept for its bound. Its row is saved first if common saving has not
    /// come to it, as in an Authority that was killed again and again before its first round.
    /// </summary>
    public async ValueTask AnsweringAsync(string clientId, FollowerIdentity? follower, CancellationToken cancellationToken)
    {
        KnownVerifier? known;
        lock (_lock)
        {
            if (follower is null || !_known.TryGetValue((clientId, follower.Instance), out known))
            {
                return;
            }

            known.Seen = time.GetUtcNow();
            if (known.Saved is { } saved && known.Seen - saved < OldestRow)
            {
                return;
            }
        }

        await SaveAsync([(known, known.Seen)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How many are live, counted at most once a second: every answer asks.</summary>
    public int LiveCount
    {
        get
        {
            lock (_lock)
            {
                if (_counted.When + Grace <= time.GetUtcNow())
                {
                    _counted = (_known.Values.Count(IsLive), time.GetUtcNow());
                }

                return _counted.Live;
            }
        }
    }

    /// <summary>All that are remembered, by name.</summary>
    public IReadOnlyList<VerifierStatus> List(LogPosition head)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            return [.. _known.Values.OrderBy(known => known.Row.Name, StringComparer.Ordinal).Select(known => known.StatusAt(now, head))];
        }
    }

    /// <summary>The live connections of all verifiers that are live and have said how many they watch; null if none has.</summary>
    public long? LiveConnections
    {
        get
        {
            lock (_lock)
            {
                return Sum(_known.Values.Where(IsLive).Select(known => known.Connections?.Live));
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
                return new(_known.Where(pair => pair.Value.Connections is not null)
                    .ToDictionary(pair => pair.Key, pair => pair.Value.Connections!.Closed));
            }
        }
    }

    private static long? Sum(IEnumerable<long?> counts) => counts.OfType<long>().ToList() is { Count: > 0 } known ? known.Sum() : null;

    /// <summary>How far a position has come by now.</summary>
    public ReceiptCoverage Coverage(LogPosition position, DateTimeOffset committed)
    {
        lock (_lock)
        {
            return Cover([.. _known.Values.Where(IsLive)], position, committed, time.GetUtcNow() - committed);
        }
    }

    /// <summary>
    /// Waits until every verifier that is live now has applied <paramref name="position"/>, or <paramref name="wait"/> is over. Counts what was
    /// closed since <paramref name="before"/>: a verifier has stopped delivery on what an entry names before it acknowledges that entry.
    /// </summary>
    public async Task<ReceiptCoverage> WaitAsync(
        LogPosition position, DateTimeOffset committed, TimeSpan wait, ClosedConnections before, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        Waiter waiter;
        lock (_lock)
        {
            waiter = new(position, [.. _known.Where(pair => IsLive(pair.Value) && pair.Value.Row.Position < position).Select(pair => pair.Key)]);
            _waiters.Add(waiter);
            waiter.CompleteIfDone();
        }

        await waiter.Done.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _waiters.Remove(waiter);
            cancellationToken.ThrowIfCancellationRequested();
            return Cover([.. _known.Values.Where(IsLive)], position, committed, time.GetElapsedTime(since)) with
            {
                Closed = Sum(_known.Select(pair => pair.Value.Connections?.Closed - before.Of(pair.Key))),
            };
        }
    }

    /// <summary>Saves what is known, and forgets who has been silent for long.</summary>
    public async Task SaveAsync(CancellationToken cancellationToken)
    {
        (KnownVerifier Known, DateTimeOffset Seen)[] rows;
        lock (_lock)
        {
            Forget();
            rows = [.. _known.Values.Select(known => (known, known.Seen))];
        }

        if (rows.Length > 0)
        {
            await SaveAsync(rows, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SaveAsync((KnownVerifier Known, DateTimeOffset Seen)[] rows, CancellationToken cancellationToken)
    {
        await store.SaveVerifiersAsync([.. rows.Select(row => row.Known.RowAt(row.Seen))], cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            foreach (var (saved, seen) in rows)
            {
                if (_known.TryGetValue((saved.Row.ClientId, saved.Row.Instance), out var known))
                {
                    known.Saved = seen;
                }
            }
        }
    }

    private void Acknowledge((string ClientId, string Instance) key, LogPosition position)
    {
        foreach (var waiter in _waiters)
        {
            if (position >= waiter.Position && waiter.Pending.Remove(key))
            {
                waiter.CompleteIfDone();
            }
        }
    }

    private static ReceiptCoverage Cover(IReadOnlyList<KnownVerifier> live, LogPosition position, DateTimeOffset committed, TimeSpan elapsed)
    {
        var behind = live.Where(known => known.Row.Position < position).ToList();

        // No answer from after the commit proves freshness without the entry, so a laggard's last proof is older than the commit.
        var certain = behind.Select(known => (known.Seen < committed ? known.Seen : committed) + known.Bound).Append(committed).Max();
        return new(live.Count, live.Count - behind.Count, elapsed, [.. behind.Select(known => known.Label)], certain);
    }

    private bool MakeRoom()
    {
        if (_known.Count >= Most)
        {
            Forget();
        }

        return _known.Count < Most;
    }

    private void Forget()
    {
        var oldest = time.GetUtcNow() - RememberedFor;
        foreach (var (key, known) in _known)
        {
            if (known.Seen < oldest)
            {
                _known.Remove(key);
            }
        }
    }

    private bool IsLive(KnownVerifier known) => time.GetUtcNow() - known.Seen <= known.Bound + Grace;

    private sealed class Waiter(LogPosition position, HashSet<(string ClientId, string Instance)> pending)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public LogPosition Position { get; } = position;

        public HashSet<(string ClientId, string Instance)> Pending { get; } = pending;

        public Task Done => _done.Task;

        public void CompleteIfDone()
        {
            if (Pending.Count == 0)
            {
                _done.TrySetResult();
            }
        }
    }
}

/// <summary>How many connections each verifier had closed at a moment. One that was not heard of then had closed none.</summary>
internal sealed class ClosedConnections(IReadOnlyDictionary<(string ClientId, string Instance), long> counts)
{
    public long Of((string ClientId, string Instance) verifier) => counts.GetValueOrDefault(verifier);
}

/// <summary>A verifier in memory: what it last said, and when an answer last left for it.</summary>
internal sealed class KnownVerifier(StoredVerifier row, DateTimeOffset seen)
{
    public StoredVerifier Row { get; } = row;

    public DateTimeOffset Seen { get; set; } = seen;

    /// <summary>What its saved row says of <see cref="Seen"/>; null if there is none.</summary>
    public DateTimeOffset? Saved { get; set; }

    /// <summary>Its live connections, by its own word; not saved, since its next poll says it again.</summary>
    public ConnectionCounts? Connections { get; init; }

    public TimeSpan Bound { get; } = TimeSpan.FromMilliseconds(row.BoundMilliseconds);

    public StoredVerifier RowAt(DateTimeOffset seen) => Row with { SeenAt = seen.ToUnixTimeSeconds() };

    /// <summary>As people read it in a receipt.</summary>
    public string Label => $"{Row.Name}/{Row.Instance}";

    public VerifierStatus StatusAt(DateTimeOffset now, LogPosition head)
    {
        var age = now - Seen;
        var state = age <= Bound ? "live" : age <= Bound + Verifiers.Grace ? "late" : "gone";
        return new(Row, Bound, head > Row.Position, age, Seen, state, Connections);
    }
}

/// <summary>A verifier as <c>/v1/verifiers</c> shows it.</summary>
internal sealed record VerifierStatus(
    StoredVerifier Row, TimeSpan Bound, bool IsBehind, TimeSpan Age, DateTimeOffset Seen, string State,
    ConnectionCounts? Connections);
