using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// How far a revocation has come among the verifiers. What that costs does not grow with their number, and who polls never
/// waits for a look at all of them. Safe for concurrent use.
/// </summary>
/// <param name="table">The verifiers.</param>
/// <param name="changing">The lock of <see cref="VerifierRegistry"/>, which guards the table.</param>
/// <param name="clock">The clock by which a verifier is live.</param>
/// <param name="time">The time that passes.</param>
/// <param name="shared">Those that other nodes serve; null where there are no others.</param>
internal sealed class Receipts(VerifierTable table, Lock changing, SteadyClock clock, TimeProvider time, SharedRows? shared)
{
    // So long ago that no proof from before is left.
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(1);

    private long _heard;

    /// <summary>
    /// The live connections of all verifiers that are live and have said how many they watch, of those of other nodes as
    /// they were read last; null if none has.
    /// </summary>
    public long? LiveConnections
    {
        get
        {
            lock (changing)
            {
                var now = clock.Now;
                table.Live.Settle(now);
                List<long> elsewhere = [.. OthersAt(now).Select(static row => row.Connections?.Live).OfType<long>()];
                return elsewhere.Count == 0 ? table.Live.Connections : elsewhere.Sum() + (table.Live.Connections ?? 0);
            }
        }
    }

    /// <summary>
    /// How many connections the verifiers have closed by now, those of other nodes as they were read last: what a wait
    /// counts from.
    /// </summary>
    public long Closed
    {
        get
        {
            lock (changing)
            {
                return table.Closed.Total;
            }
        }
    }

    /// <summary>How far a position has come by now, at other nodes too.</summary>
    public async Task<ReceiptCoverage> CoverageAsync(
        LogPosition position, DateTimeOffset committed, CancellationToken cancellationToken)
    {
        await ReadOthersAsync(cancellationToken).ConfigureAwait(false);
        return Coverage(position, committed);
    }

    /// <summary>Reads what other nodes have saved, if there are others.</summary>
    public async Task ReadOthersAsync(CancellationToken cancellationToken)
    {
        if (shared is null)
        {
            return;
        }

        await shared.ReadAsync(cancellationToken).ConfigureAwait(false);
        lock (changing)
        {
            var (number, rows) = shared.All;
            if (number > _heard)
            {
                table.Closed.HearRows(rows);
                foreach (var row in rows)
                {
                    table.Advance(row);
                }

                table.Live.Settle(clock.Now);
                _heard = number;
            }
        }
    }

    /// <summary>How far a position has come by now; at other nodes, as it was read last.</summary>
    public ReceiptCoverage Coverage(LogPosition position, DateTimeOffset committed)
    {
        lock (changing)
        {
            return Cover(position, committed, TimeSpan.FromTicks(Math.Max(0, (time.GetUtcNow() - committed).Ticks)));
        }
    }

    /// <summary>
    /// Waits until every live verifier has applied <paramref name="position"/>, or <paramref name="wait"/> is over. One
    /// that falls silent meanwhile is live for its bound and a second. Counts what was closed since
    /// <paramref name="closedBefore"/>: a verifier has stopped delivery on what an entry names before it acknowledges
    /// that entry.
    /// </summary>
    public async Task<ReceiptCoverage> WaitAsync(
        LogPosition position, DateTimeOffset committed, TimeSpan wait, long closedBefore, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        Waiter waiter;
        lock (changing)
        {
            waiter = table.Live.Waiters.Add(position);
            table.Live.Settle(clock.Now);
        }

        var isRead = await AwaitAsync(waiter, since, wait, cancellationToken).ConfigureAwait(false);
        lock (changing)
        {
            table.Live.Waiters.Remove(waiter);
        }

        cancellationToken.ThrowIfCancellationRequested();
        lock (changing)
        {
            var coverage = Cover(position, committed, time.GetElapsedTime(since));
            return (isRead ? coverage : coverage.WithUnknown(committed)) with { Closed = table.Closed.Since(closedBefore) };
        }
    }

    // Until none is behind or the wait is over. A verifier that was heard here may go on at another node: what those have
    // saved is read meanwhile, and at least once after the commit. False if the store did not say.
    private async Task<bool> AwaitAsync(Waiter waiter, long since, TimeSpan wait, CancellationToken cancellationToken)
    {
        while (true)
        {
            var left = wait - time.GetElapsedTime(since);
            var pause = shared is null || left < SharedRows.ReadInterval ? left : SharedRows.ReadInterval;
            if (pause > TimeSpan.Zero)
            {
                await waiter.Done.WaitAsync(pause, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            var isRead = shared is null || await TryReadOthersAsync(cancellationToken).ConfigureAwait(false);
            left = wait - time.GetElapsedTime(since);
            if (left <= TimeSpan.Zero || cancellationToken.IsCancellationRequested
                || (isRead && waiter.Done.IsCompleted && Others().All(row => row.Position >= waiter.Position)))
            {
                return isRead;
            }

            if (waiter.Done.IsCompleted)
            {
                pause = (left < SharedRows.ReadInterval ? left : SharedRows.ReadInterval) + TimeSpan.FromMilliseconds(1);
                await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> TryReadOthersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadOthersAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (StoreUnavailableException)
        {
            return false;
        }
    }

    private List<StoredVerifier> Others()
    {
        lock (changing)
        {
            return OthersAt(clock.Now);
        }
    }

    // Of those that are live here more is known here. What one has applied once stays applied.
    private List<StoredVerifier> OthersAt(DateTimeOffset now)
    {
        var others = new List<StoredVerifier>();
        foreach (var row in shared?.Live ?? [])
        {
            var here = table.Find(row.ClientId, row.Instance);
            if (here?.IsLiveAt(now) is not true)
            {
                others.Add(here?.Row.Position > row.Position ? row with { Position = here.Row.Position } : row);
            }
        }

        return others;
    }

    private ReceiptCoverage Cover(LogPosition position, DateTimeOffset committed, TimeSpan elapsed)
    {
        var now = clock.Now;
        table.Live.Settle(now);
        var uncounted = table.UncountedAt(now);
        if (shared is null)
        {
            return ReceiptCoverage.Of(table.Live, uncounted, position, committed, elapsed, now);
        }

        var (here, largest) = (
            ReceiptCoverage.Of(table.Live, Math.Max(uncounted, shared.Uncounted), position, committed, elapsed, now),
            table.Live.LongestBehind(position, LongAgo, now));
        return here.With(OthersAt(now), position, committed, largest);
    }
}
