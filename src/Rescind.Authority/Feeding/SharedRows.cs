using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// The verifiers whose rows are in a store that several nodes share, whichever node serves them. No other node's clock is
/// believed: a verifier is live until its row has been the same here for as long as answers leave by it, and its bound
/// and a second. Empty where no other process can write. Safe for concurrent use.
/// </summary>
internal sealed class SharedRows(IAuthorityStore store, TimeProvider time) : IDisposable
{
    /// <summary>How often a receipt that waits reads them.</summary>
    public static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(500);

    // The row is a few seconds old when the last answer leaves by it, and the next may be on its way into the store.
    private static readonly TimeSpan StandsFor = 2 * VerifierRegistry.OldestRow;

    private readonly SteadyClock _clock = new(time, time.GetUtcNow(), SteadyClock.PatienceToForget);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile Known _known = new(0, [], []);
    private long _begun;
    private long _done;

    /// <summary>Whether other nodes may serve verifiers.</summary>
    public bool IsShared => store.Nodes.IsShared;

    /// <summary>Those that may be live, as they were read last.</summary>
    public IReadOnlyList<StoredVerifier> Live
    {
        get
        {
            var now = _clock.Now;
            return [.. _known.Rows.Values.Where(one => now <= LiveUntil(one.Since, BoundOf(one.Row))).Select(one => one.Row)];
        }
    }

    /// <summary>All that are saved, and which reading has found them.</summary>
    public (long Number, IEnumerable<StoredVerifier> Rows) All
    {
        get
        {
            var known = _known;
            return (known.Number, known.Rows.Values.Select(static one => one.Row));
        }
    }

    /// <summary>How many are served beyond the shares of all clients: at least so many.</summary>
    public int Uncounted
    {
        get
        {
            var now = _clock.Now;
            return _known.Uncounted.Values.Where(one => now <= LiveUntil(one.Since, TimeSpan.FromSeconds(Retention.LargestBound)))
                .Sum(one => one.Row.Count);
        }
    }

    /// <summary>
    /// Reads them: it misses no row that was saved before the call. Whoever comes while they are read gets the next reading,
    /// one for all.
    /// </summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var before = Interlocked.Read(ref _begun);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_done > before)
            {
                return;
            }

            var number = Interlocked.Increment(ref _begun);
            Take(number, await store.Registry.LoadAsync(cancellationToken).ConfigureAwait(false));
            _done = number;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void Take(long number, Registry registry)
    {
        var (now, known) = (_clock.Now, _known);
        _known = new(
            number,
            registry.Verifiers.ToDictionary(KeyOf, row => (row, SinceOf(known.Rows, KeyOf(row), row))),
            registry.Uncounted.ToDictionary(row => row.ClientId, row => (row, SinceOf(known.Uncounted, row.ClientId, row))));

        DateTimeOffset SinceOf<TKey, TRow>(Dictionary<TKey, (TRow Row, DateTimeOffset Since)> rows, TKey key, TRow row)
            where TKey : notnull => rows.TryGetValue(key, out var one) && Equals(one.Row, row) ? one.Since : now;
    }

    private static DateTimeOffset LiveUntil(DateTimeOffset since, TimeSpan bound) =>
        since + StandsFor + bound + VerifierRegistry.Grace;

    private static (string ClientId, string Instance) KeyOf(StoredVerifier row) => (row.ClientId, row.Instance);

    private static TimeSpan BoundOf(StoredVerifier row) => TimeSpan.FromMilliseconds(row.BoundMilliseconds);

    private sealed record Known(
        long Number,
        Dictionary<(string ClientId, string Instance), (StoredVerifier Row, DateTimeOffset Since)> Rows,
        Dictionary<string, (StoredUncounted Row, DateTimeOffset Since)> Uncounted);
}
