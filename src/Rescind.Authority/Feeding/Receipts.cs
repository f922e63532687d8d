namespace Rescind.Authority.Feeding;

/// <summary>
/// How far a revocation has come among the verifiers. What that costs does not grow with their number, and who polls never
/// waits for a look at all of them. Safe for concurrent use.
/// </summary>
/// <param name="table">The verifiers.</param>
/// <param name="changing">The lock of <see cref="Verifiers"/>, which guards the table.</param>
/// <param name="clock">The clock by which a verifier is live.</param>
/// <param name="time">The time that passes.</param>
internal sealed class Receipts(VerifierTable table, Lock changing, SteadyClock clock, TimeProvider time)
{
    /// <summary>
    /// The live connections of all verifiers that are live and have said how many they watch; null if none has.
    /// </summary>
    public long? LiveConnections
    {
        get
        {
            lock (changing)
            {
                table.Live.Settle(clock.Now);
                return table.Live.Connections;
            }
        }
    }

    /// <summary>How many connections the verifiers have closed by now: what a wait counts from.</summary>
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

    /// <summary>How far a position has come by now.</summary>
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

        await waiter.Done.WaitAsync(wait, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (changing)
        {
            table.Live.Waiters.Remove(waiter);
            cancellationToken.ThrowIfCancellationRequested();
            return Cover(position, committed, time.GetElapsedTime(since)) with { Closed = table.Closed.Since(closedBefore) };
        }
    }

    private ReceiptCoverage Cover(LogPosition position, DateTimeOffset committed, TimeSpan elapsed)
    {
        var now = clock.Now;
        table.Live.Settle(now);
        return ReceiptCoverage.Of(table.Live, table.UncountedAt(now), position, committed, elapsed, now);
    }
}
