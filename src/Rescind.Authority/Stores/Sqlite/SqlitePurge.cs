namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Forgets what nothing needs any more (G6 says until when a thing is needed), by a clock that no jump hurries. The
/// writer deletes in bites that are bounded in time, and lets others go first between them. What no index finds is
/// looked for on a reader: a bounded number of rows each time, from where the last look ended. One purge at a time.
/// </summary>
internal sealed class SqlitePurge(
    SqliteWriter writer, SqliteReaders readers, SqliteStoreOptions options, SteadyClock clock, TimeProvider time)
{
    /// <summary>How many rows go between two looks at the clock.</summary>
    private const int RowsPerStep = 50;

    /// <summary>How long the writer deletes before others have their turn.</summary>
    private static readonly TimeSpan BiteTime = TimeSpan.FromMilliseconds(5);

    /// <summary>How many times as long as a bite took others have the writer for themselves.</summary>
    private const int TimeForOthers = 5;

    /// <summary>How long they have it at most: a purge gets on, however long its bite waited for its turn.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    private readonly BelievedTime _believed = new(clock, time);
    private readonly PurgeLook _sessions = new();
    private readonly PurgeLook _acts = new();
    private readonly OldestStart _oldest = new();

    /// <summary>Forgets what is due; how many rows went.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var dates = new PurgeDates(_believed.Now, options.EndedRetention, options.AuditRetention);
        var total = await SessionsAsync(dates.Ended, cancellationToken).ConfigureAwait(false);
        foreach (var step in Steps(dates))
        {
            total += await BiteAsync(step, cancellationToken).ConfigureAwait(false);
        }

        total += await ActsAsync(dates, cancellationToken).ConfigureAwait(false);
        await _believed.SaveAsync(dates.Now, open => SaveAsync(dates.Now, open, cancellationToken)).ConfigureAwait(false);
        return total;
    }

    private Task<bool> SaveAsync(long believed, TimeSpan open, CancellationToken cancellationToken) => writer.RunAsync(
        log =>
        {
            SqliteEpoch.SaveStart(log.Link, SqliteEpoch.ReadStart(log.Link).After(believed, open));
            return true;
        },
        cancellationToken);

    // Each deletes a few of the rows that are due, the first of an index, and says how many went.
    private static IEnumerable<Func<SqliteLog, int>> Steps(PurgeDates dates) =>
    [
        log => Log(log, dates.Log),
        log => States(log, dates.Remembered),
        log => Delete(log, "idempotency", "actor, key", "at < ?1", dates.Answers),
        log => Audit(log, dates.Audit),
        log => Delete(log, "verifiers", "client_id, instance", "seen_at < ?1", dates.Verifiers),
        log => Delete(log, "uncounted_verifiers", "client_id", "until < ?1", dates.Verifiers),
    ];

    // Ended by row or by its lifetimes, long enough ago. What ended can only be reopened by a lift, which is looked for again.
    private Task<long> SessionsAsync(long ended, CancellationToken cancellationToken) => _sessions.RunAsync(
        after => readers.ReadAsync(
            link => link.Prepare(
                "select number, ended_at < ?3 or idle_expires_at < ?3 from sessions where number > ?1 order by number limit ?2")
                .Bind(after).Bind(PurgeLook.MaxRows).Bind(ended).ReadAll(LookedRow.Read),
            cancellationToken),
        due => DeleteAsync(due, (log, number) => Session(log, number, ended), cancellationToken));

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be
    // touched by it.
    private async Task<long> ActsAsync(PurgeDates dates, CancellationToken cancellationToken)
    {
        var oldest = await _oldest.FindAsync(from => readers.ReadAsync(
            link => (SqliteLog.ReadHead(link), link.Prepare(
                "select number, started, idle_expires_at > ?2 from sessions where number >= ?1 order by number limit ?3")
                .Bind(from).Bind(dates.Remembered).Bind(PurgeLook.MaxRows).ReadAll(StartedRow.Read)),
            cancellationToken)).ConfigureAwait(false);
        return await _acts.RunAsync(
            after => readers.ReadAsync(
                link => link.Prepare(
                    """
                    select position, at < ?3 and remember_until < ?4
                        and not exists (select 1 from idempotency where position = acts.position)
                    from acts where position > ?1 and position <= ?5 order by position limit ?2
                    """)
                    .Bind(after).Bind(PurgeLook.MaxRows).Bind(dates.Ended).Bind(dates.Remembered).Bind(oldest)
                    .ReadAll(LookedRow.Read),
                cancellationToken),
            due => DeleteAsync(due, Act, cancellationToken)).ConfigureAwait(false);
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
        while (gone > 0 && total < PurgeLook.MaxRows && time.GetElapsedTime(began) < BiteTime);
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

    // The log goes by position, as it came. The chain at the newest row that goes stays known: whoever is exactly there
    // can still follow.
    private static int Log(SqliteLog log, long before)
    {
        var due = log.Link.Prepare("select position, at, chain from log where position > 0 order by position limit ?1")
            .Bind(RowsPerStep).ReadAll(static row => (Position: row.Int64(), At: row.Int64(), Chain: row.Bytes()))
            .TakeWhile(row => row.At < before).LastOrDefault();
        if (due.Position == 0)
        {
            return 0;
        }

        log.Link.Prepare("update head set base_position = ?1, base_chain = ?2").Bind(due.Position).Bind(due.Chain).Run();
        return log.Link.Prepare("delete from log where position <= ?1").Bind(due.Position).Run();
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

    private static long? LatestDate(SqliteLink link, long before) => link.Prepare(
        "select remember_until from states where remember_until < ?1 order by remember_until desc limit 1")
        .Bind(before).Find(static row => row.Int64OrNull());

    private static int Audit(SqliteLog log, long before)
    {
        var due = log.Link.Prepare("select position, at from audit where position > 0 order by position limit ?1")
            .Bind(RowsPerStep).ReadAll(static row => (Position: row.Int64(), At: row.Int64()))
            .TakeWhile(row => row.At < before).LastOrDefault();
        return due.Position == 0 ? 0 : log.Link.Prepare("delete from audit where position <= ?1").Bind(due.Position).Run();
    }

    private static int Delete(SqliteLog log, string table, string key, string condition, long before) =>
        log.Link.Prepare($"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit ?2)")
            .Bind(before).Bind(RowsPerStep).Run();
}
