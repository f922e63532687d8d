namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Forgets what nothing needs any more (G6 says until when a thing is needed), by a clock that no jump hurries. The
/// writer deletes in bites that are bounded in time, and lets others go first between them. What no index finds is
/// looked for on a reader: a bounded number of rows each time, from where the last look ended. One purge at a time.
/// </summary>
internal sealed class SqlitePurge(
    SqliteWriter writer, SqliteReaders readers, SqliteStoreOptions options, SteadyClock clock, TimeProvider time)
{
    /// <summary>How many rows of one table a purge looks at, at most.</summary>
    public const int MaxLooked = 100_000;

    /// <summary>How many rows are looked at, or deleted, at once.</summary>
    private const int MaxRows = 500;

    /// <summary>How many of so many rows have to be due that a purge looks at more: where few are, there is time.</summary>
    private const int EnoughToGoOn = MaxRows / 8;

    /// <summary>How many rows go between two looks at the clock.</summary>
    private const int RowsPerStep = 50;

    /// <summary>How long the log is kept at least: a follower further behind reads the snapshot.</summary>
    private const long LogSeconds = 3600;

    /// <summary>How far the time that is believed goes on between two times that it is kept.</summary>
    private const long SaveSeconds = 600;

    /// <summary>
    /// How long a silent verifier is remembered, and an idempotency key, which is answered as long, before the margin.
    /// </summary>
    private const long DaySeconds = 24 * 3600;

    /// <summary>How long the writer deletes before others have their turn.</summary>
    private static readonly TimeSpan BiteTime = TimeSpan.FromMilliseconds(5);

    /// <summary>How many times as long as a bite took others have the writer for themselves.</summary>
    private const int TimeForOthers = 5;

    /// <summary>How long they have it at most: a purge gets on, however long its bite waited for its turn.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private long _lastSession;
    private long _lastAct;
    private long _oldestLiving;
    private long _saved;
    private long _savedAt = time.GetTimestamp();

    /// <summary>Forgets what is due; how many rows went.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var now = clock.Believed.ToUnixTimeSeconds();
        var total = await SessionsAsync(now, cancellationToken).ConfigureAwait(false);
        foreach (var step in Steps(now))
        {
            total += await BiteAsync(step, cancellationToken).ConfigureAwait(false);
        }

        total += await ActsAsync(now, cancellationToken).ConfigureAwait(false);
        await SaveAsync(now, cancellationToken).ConfigureAwait(false);
        return total;
    }

    // A start goes on from it.
    private async Task SaveAsync(long believed, CancellationToken cancellationToken)
    {
        if (Math.Abs(believed - _saved) >= SaveSeconds)
        {
            // While the wall clock is doubted nothing speaks for what was believed of it before.
            var open = clock.Doubt is null ? time.GetElapsedTime(_savedAt) : TimeSpan.Zero;
            await writer.RunAsync(
                log =>
                {
                    SqliteEpoch.SaveStart(log.Link, SqliteEpoch.ReadStart(log.Link).After(believed, open));
                    return true;
                },
                cancellationToken).ConfigureAwait(false);
            (_saved, _savedAt) = (believed, time.GetTimestamp());
        }
    }

    // Each deletes a few of the rows that are due, the first of an index, and says how many went.
    private IEnumerable<Func<SqliteLog, int>> Steps(long now) =>
    [
        log => Log(log, now - LogSeconds),
        log => States(log, now - Retention.ForgettingMargin),
        log => Delete(log, "idempotency", "actor, key", "at < ?1", now - DaySeconds - Retention.ForgettingMargin),
        log => Audit(log, now - (long)options.AuditRetention.TotalSeconds),
        log => Delete(log, "verifiers", "client_id, instance", "seen_at < ?1", now - DaySeconds),
        log => Delete(log, "uncounted_verifiers", "client_id", "until < ?1", now - DaySeconds),
    ];

    // Ended by row or by its lifetimes, long enough ago. What ended can only be reopened by a lift, which is looked for again.
    private async Task<long> SessionsAsync(long now, CancellationToken cancellationToken)
    {
        var ended = now - (long)options.EndedRetention.TotalSeconds;
        var (total, looked, found) = (0L, 0, 0);
        do
        {
            var page = await readers.ReadAsync(
                link => Look(link.Prepare(
                    "select number, ended_at < ?3 or idle_expires_at < ?3 from sessions where number > ?1 "
                        + "order by number limit ?2")
                    .Bind(_lastSession).Bind(MaxRows).Bind(ended)),
                cancellationToken).ConfigureAwait(false);
            total += await DeleteAsync(
                page.Due, (log, number) => Session(log, number, ended), cancellationToken).ConfigureAwait(false);
            _lastSession = page.Last;
            (looked, found) = (looked + MaxRows, page.Due.Count);
        }
        while (_lastSession > 0 && looked < MaxLooked && found >= EnoughToGoOn);
        return total;
    }

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be
    // touched by it.
    private async Task<long> ActsAsync(long now, CancellationToken cancellationToken)
    {
        var (explained, past) = (now - (long)options.EndedRetention.TotalSeconds, now - Retention.ForgettingMargin);
        var oldest = await OldestStartAsync(past, cancellationToken).ConfigureAwait(false);
        var (total, looked, found) = (0L, 0, 0);
        do
        {
            var page = await readers.ReadAsync(
                link => Look(link.Prepare(
                    """
                    select position, at < ?3 and remember_until < ?4
                        and not exists (select 1 from idempotency where position = acts.position)
                    from acts where position > ?1 and position <= ?5 order by position limit ?2
                    """)
                    .Bind(_lastAct).Bind(MaxRows).Bind(explained).Bind(past).Bind(oldest)),
                cancellationToken).ConfigureAwait(false);
            total += await DeleteAsync(page.Due, Act, cancellationToken).ConfigureAwait(false);
            _lastAct = page.Last;
            (looked, found) = (looked + MaxRows, page.Due.Count);
        }
        while (_lastAct > 0 && looked < MaxLooked && found >= EnoughToGoOn);
        return total;
    }

    // Looked for in bites: where nothing lives, or nothing has for long, everything is looked through.
    private async Task<long> OldestStartAsync(long past, CancellationToken cancellationToken)
    {
        var (started, isFound) = (0L, false);
        for (var looked = 0; !isFound && looked < MaxLooked; looked += MaxRows)
        {
            (started, isFound) = await readers.ReadAsync(link => OldestStart(link, past), cancellationToken)
                .ConfigureAwait(false);
        }

        return started;
    }

    /// <summary>Which of the rows are due, and the last one; 0 if there are no more.</summary>
    private static (List<long> Due, long Last) Look(SqliteStatement rows)
    {
        var (due, last, count) = (new List<long>(), 0L, 0);
        while (rows.Step())
        {
            (last, count) = (rows.Int64(), count + 1);
            if (rows.Int64() == 1)
            {
                due.Add(last);
            }
        }

        return (due, count < MaxRows ? 0 : last);
    }

    // What has so many rows that a step is full comes again.
    private async Task<long> DeleteAsync(List<long> due, Func<SqliteLog, long, int> delete, CancellationToken cancellationToken)
    {
        var next = 0;
        return await BiteAsync(
            log =>
            {
                var gone = 0;
                while (gone == 0 && next < due.Count)
                {
                    gone = delete(log, due[next]);
                    next += gone < RowsPerStep ? 1 : 0;
                }

                return gone;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<long> BiteAsync(Func<SqliteLog, int> step, CancellationToken cancellationToken)
    {
        for (var total = 0L; ;)
        {
            var began = time.GetTimestamp();
            var gone = await writer.RunAsync(log => Bite(log, step), cancellationToken).ConfigureAwait(false);
            if (gone == 0)
            {
                return total;
            }

            total += gone;
            var pause = TimeForOthers * time.GetElapsedTime(began);
            await Task.Delay(pause < LongestPause ? pause : LongestPause, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private int Bite(SqliteLog log, Func<SqliteLog, int> step)
    {
        var began = time.GetTimestamp();
        var total = 0;
        int gone;
        do
        {
            gone = step(log);
            total += gone;
        }
        while (gone > 0 && total < MaxRows && time.GetElapsedTime(began) < BiteTime);
        return total;
    }

    private static int Session(SqliteLog log, long number, long ended)
    {
        var gone = log.Link.Prepare("delete from sessions where number = ?1 and (ended_at < ?2 or idle_expires_at < ?2)")
            .Bind(number).Bind(ended).Run();
        if (gone > 0)
        {
            log.Link.Prepare("delete from session_tags where session = ?1").Bind(number).Run();
        }

        return gone;
    }

    // What it selected goes first, a few sessions at once. A key that was used since keeps all of it: its caller may ask again.
    private static int Act(SqliteLog log, long act)
    {
        const string unasked = "not exists (select 1 from idempotency where position = ?1)";
        var selected = log.Link.Prepare(
            $"""
            delete from selected where (session, act_effect, act) in (
                select session, act_effect, act from selected where act = ?1 and {unasked} limit ?2)
            """).Bind(act).Bind(RowsPerStep).Run();
        return selected == RowsPerStep ? selected
            : selected + log.Link.Prepare($"delete from acts where position = ?1 and {unasked}").Bind(act).Run();
    }

    // One that was ended counts as well while its row is there: a lift may reopen it, and then the acts decide. One
    // that has expired never lives again, not even under a clock that is set back, so the next look begins where this
    // one ended. Until one is found none that lives has started before the last that was looked at; where none lives,
    // whatever starts later is younger than the log.
    private (long Started, bool IsFound) OldestStart(SqliteLink link, long past)
    {
        using var rows = link.Prepare(
            "select number, started, idle_expires_at > ?2 from sessions where number >= ?1 order by number limit ?3")
            .Bind(_oldestLiving).Bind(past).Bind(MaxRows);
        var (started, count) = (0L, 0);
        while (rows.Step())
        {
            (_oldestLiving, started, count) = (rows.Int64(), rows.Int64(), count + 1);
            if (rows.Int64() == 1)
            {
                return (started, true);
            }
        }

        return count == MaxRows ? (started, false) : (SqliteLog.ReadHead(link).Position.Value, true);
    }

    // The log goes by position, as it came. The chain at the newest row that goes stays known: whoever is exactly there
    // can still follow.
    private static int Log(SqliteLog log, long before)
    {
        var (last, chain) = (0L, Array.Empty<byte>());
        using (var rows = log.Link.Prepare("select position, at, chain from log where position > 0 order by position limit ?1")
            .Bind(RowsPerStep))
        {
            while (rows.Step())
            {
                var (position, at) = (rows.Int64(), rows.Int64());
                if (at >= before)
                {
                    break;
                }

                (last, chain) = (position, rows.Bytes());
            }
        }

        if (last == 0)
        {
            return 0;
        }

        log.Link.Prepare("update head set base_position = ?1, base_chain = ?2").Bind(last).Bind(chain).Run();
        return log.Link.Prepare("delete from log where position <= ?1").Bind(last).Run();
    }

    // The clock that is believed now may be corrected: what went by it is known for good.
    private static int States(SqliteLog log, long before)
    {
        if (LatestDate(log.Link, before) is not { } latest)
        {
            return 0;
        }

        log.Link.Prepare("update head set forgotten = max(forgotten, ?1)").Bind(latest).Run();
        return Delete(log, "states", "issuer, match_kind, value, name", "remember_until < ?1", before);
    }

    private static long? LatestDate(SqliteLink link, long before)
    {
        using var row = link.Prepare(
            "select remember_until from states where remember_until < ?1 order by remember_until desc limit 1").Bind(before);
        return row.Step() ? row.Int64() : null;
    }

    private static int Audit(SqliteLog log, long before)
    {
        var last = 0L;
        using (var rows = log.Link.Prepare("select position, at from audit where position > 0 order by position limit ?1")
            .Bind(RowsPerStep))
        {
            while (rows.Step())
            {
                var position = rows.Int64();
                if (rows.Int64() >= before)
                {
                    break;
                }

                last = position;
            }
        }

        return last == 0 ? 0 : log.Link.Prepare("delete from audit where position <= ?1").Bind(last).Run();
    }

    private static int Delete(SqliteLog log, string table, string key, string condition, long before) =>
        log.Link.Prepare($"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit ?2)")
            .Bind(before).Bind(RowsPerStep).Run();
}
