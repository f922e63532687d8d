using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Forgets what nothing needs any more (G6 says until when a thing is needed), by a clock that no jump hurries: a
/// bounded number of rows in each transaction. What no index finds is looked for beside the writer, from where the last
/// look ended. One purge at a time.
/// </summary>
internal sealed class PostgresPurge(PostgresWriter writer, PostgresDatabase database, PostgresNode node, TimeProvider time)
{
    /// <summary>How many rows of one table a purge looks at, at most.</summary>
    private const int MaxLooked = 100_000;

    /// <summary>How many rows are looked at, or deleted, at once.</summary>
    private const int MaxRows = 500;

    /// <summary>How many acts go at once: each may have selected thousands of sessions.</summary>
    private const int MaxActs = 10;

    /// <summary>How many of so many rows have to be due that a purge looks at more: where few are, there is time.</summary>
    private const int EnoughToGoOn = MaxRows / 8;

    /// <summary>How long the log is kept at least: a follower further behind reads the snapshot.</summary>
    private const long LogSeconds = 3600;

    /// <summary>How far the time that is believed goes on between two times that it is kept.</summary>
    private const long SaveSeconds = 600;

    /// <summary>
    /// How long a silent verifier is remembered, and an idempotency key, which is answered as long, before the margin.
    /// </summary>
    private const long DaySeconds = 24 * 3600;

    private long _lastSession;
    private long _lastAct;
    private long _oldestLiving;
    private long _saved;
    private long _savedAt = time.GetTimestamp();

    /// <summary>Forgets what is due; how many rows went.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var now = node.Clock.Believed.ToUnixTimeSeconds();
        var total = await SessionsAsync(now, cancellationToken).ConfigureAwait(false);
        foreach (var step in Steps(now))
        {
            long gone;
            do
            {
                gone = await writer.RunAsync(
                    transaction => step(transaction.Link), needsHead: false, cancellationToken).ConfigureAwait(false);
                total += gone;
            }
            while (gone == MaxRows);
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
            var open = node.Clock.Doubt is null ? time.GetElapsedTime(_savedAt) : TimeSpan.Zero;
            await writer.RunAsync(
                async transaction =>
                {
                    var start = await PostgresEpoch.FindStartAsync(transaction.Link, isHolding: true).ConfigureAwait(false);
                    transaction.Link.Add(PostgresEpoch.SaveStart(start.After(believed, open)));
                    return true;
                },
                needsHead: false, cancellationToken).ConfigureAwait(false);
            (_saved, _savedAt) = (believed, time.GetTimestamp());
        }
    }

    // Each deletes so many of the rows that are due, the first of an index, and says how many went.
    private IEnumerable<Func<PostgresLink, Task<long>>> Steps(long now) =>
    [
        link => LogAsync(link, now - LogSeconds),
        link => StatesAsync(link, now - Retention.ForgettingMargin),
        link => AnswersAsync(link, now - DaySeconds - Retention.ForgettingMargin),
        link => AuditAsync(link, now - (long)node.Options.AuditRetention.TotalSeconds),
        link => DeleteAsync(link, "verifiers", "client_id, instance", "seen_at < $1", now - DaySeconds),
        link => DeleteAsync(link, "uncounted_verifiers", "client_id", "until < $1", now - DaySeconds),
    ];

    // Ended by row or by its lifetimes, long enough ago. What ended can only be reopened by a lift, which is looked for again.
    private async Task<long> SessionsAsync(long now, CancellationToken cancellationToken)
    {
        var ended = now - (long)node.Options.EndedRetention.TotalSeconds;
        var (total, looked, found) = (0L, 0, 0);
        do
        {
            var page = await database.ReadAsync(
                link => LookAsync(link, new PostgresStatement(
                    "select number, coalesce(ended_at < $3, false) or idle_expires_at < $3 from sessions where number > $1 "
                        + "order by number limit $2")
                    .Bind(_lastSession).Bind(MaxRows).Bind(ended)),
                cancellationToken).ConfigureAwait(false);
            total += await DeleteAsync(page.Due, MaxRows, needsHead: false, due => new PostgresStatement(
                """
                with gone as (delete from sessions where number = any($1) and (ended_at < $2 or idle_expires_at < $2)
                        returning number),
                    tags as (delete from session_tags where session in (select number from gone))
                select count(*) from gone
                """).Bind(due).Bind(ended), cancellationToken).ConfigureAwait(false);
            _lastSession = page.Last;
            (looked, found) = (looked + MaxRows, page.Due.Count);
        }
        while (_lastSession > 0 && looked < MaxLooked && found >= EnoughToGoOn);
        return total;
    }

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be
    // touched by it. A key that was used since keeps it: keys are kept by whoever holds the head.
    private async Task<long> ActsAsync(long now, CancellationToken cancellationToken)
    {
        var (explained, past) = (now - (long)node.Options.EndedRetention.TotalSeconds, now - Retention.ForgettingMargin);
        var oldest = await OldestStartAsync(past, cancellationToken).ConfigureAwait(false);
        var (total, looked, found) = (0L, 0, 0);
        do
        {
            var page = await database.ReadAsync(
                link => LookAsync(link, new PostgresStatement(
                    """
                    select position, at < $3 and remember_until < $4
                        and not exists (select 1 from idempotency where position = acts.position)
                    from acts where position > $1 and position <= $5 order by position limit $2
                    """)
                    .Bind(_lastAct).Bind(MaxRows).Bind(explained).Bind(past).Bind(oldest)),
                cancellationToken).ConfigureAwait(false);
            total += await DeleteAsync(page.Due, MaxActs, needsHead: true, static due => new PostgresStatement(
                """
                with gone as (delete from acts where position = any($1)
                        and not exists (select 1 from idempotency where position = acts.position) returning position),
                    chosen as (delete from selected where act in (select position from gone) returning 1),
                    spread as (delete from spreads where act in (select position from gone))
                select (select count(*) from gone) + (select count(*) from chosen)
                """).Bind(due), cancellationToken).ConfigureAwait(false);
            _lastAct = page.Last;
            (looked, found) = (looked + MaxRows, page.Due.Count);
        }
        while (_lastAct > 0 && looked < MaxLooked && found >= EnoughToGoOn);
        return total;
    }

    /// <summary>Which of the rows are due, and the last one; 0 if there are no more.</summary>
    private static async Task<(List<long> Due, long Last)> LookAsync(PostgresLink link, PostgresStatement query)
    {
        var rows = await link.ReadAsync(query, static row => (Number: row.Int64(), IsDue: row.Bool())).ConfigureAwait(false);
        return ([.. rows.Where(static row => row.IsDue).Select(static row => row.Number)],
            rows.Count < MaxRows ? 0 : rows[^1].Number);
    }

    private async Task<long> DeleteAsync(
        List<long> due, int atOnce, bool needsHead, Func<long[], PostgresStatement> delete, CancellationToken cancellationToken)
    {
        var total = 0L;
        foreach (var some in due.Chunk(atOnce))
        {
            total += await writer.RunAsync(
                transaction => transaction.Link.FindAsync(delete(some), static row => row.Int64()), needsHead, cancellationToken)
                .ConfigureAwait(false);
        }

        return total;
    }

    // Looked for in bites: where nothing lives, or nothing has for long, everything is looked through.
    private async Task<long> OldestStartAsync(long past, CancellationToken cancellationToken)
    {
        var (started, isFound) = (0L, false);
        for (var looked = 0; !isFound && looked < MaxLooked; looked += MaxRows)
        {
            (started, isFound) = await database.ReadAsync(link => OldestStartAsync(link, past), cancellationToken)
                .ConfigureAwait(false);
        }

        return started;
    }

    // One that was ended counts as well while its row is there: a lift may reopen it, and then the acts decide. One
    // that has expired never lives again, not even under a clock that is set back, so the next look begins where this
    // one ended. Until one is found none that lives has started before the last that was looked at; where none lives,
    // whatever starts later is younger than the log was before the look.
    private async Task<(long Started, bool IsFound)> OldestStartAsync(PostgresLink link, long past)
    {
        var head = (await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false)).Log.Position;
        var rows = await link.ReadAsync(
            new PostgresStatement(
                "select number, started, idle_expires_at > $2 from sessions where number >= $1 order by number limit $3")
                .Bind(_oldestLiving).Bind(past).Bind(MaxRows),
            static row => (Number: row.Int64(), Started: row.Int64(), IsLiving: row.Bool())).ConfigureAwait(false);
        var first = rows.FindIndex(static row => row.IsLiving);
        if (rows.Count > 0)
        {
            _oldestLiving = rows[first < 0 ? ^1 : first].Number;
        }

        return first >= 0 ? (rows[first].Started, true)
            : rows.Count == MaxRows ? (rows[^1].Started, false)
            : (head.Value, true);
    }

    // The log goes by position, as it came. The chain at the newest row that goes stays known: whoever is exactly there
    // can still follow.
    private static async Task<long> LogAsync(PostgresLink link, long before)
    {
        var rows = await link.ReadAsync(
            new PostgresStatement(
                "select position, at, chain from log where position > (select base_position from kept) "
                    + "order by position limit $1").Bind(MaxRows),
            static row => (Position: row.Position(), At: row.Int64(), Chain: row.Bytes())).ConfigureAwait(false);
        var due = rows.TakeWhile(row => row.At < before).ToList();
        if (due.Count == 0)
        {
            return 0;
        }

        link.Add(new PostgresStatement("update kept set base_position = $1, base_chain = $2 where base_position < $1")
            .Bind(due[^1].Position).Bind(due[^1].Chain));
        return await link.ChangeAsync(
            new PostgresStatement("delete from log where position <= $1").Bind(due[^1].Position)).ConfigureAwait(false);
    }

    // The clock that is believed now may be corrected: what went by it is known for good.
    private static Task<long> StatesAsync(PostgresLink link, long before)
    {
        link.Add(new PostgresStatement(
            """
            update kept set forgotten = due.latest
            from (select max(remember_until) as latest from states where remember_until < $1) as due
            where due.latest > forgotten
            """).Bind(before));
        return DeleteAsync(link, "states", "key", "remember_until < $1", before);
    }

    private static Task<long> AnswersAsync(PostgresLink link, long before)
    {
        link.Add("delete from idempotency_counts where count <= 0");
        return link.FindAsync(
            new PostgresStatement(
                """
                with gone as (delete from idempotency where (actor, key) in (
                        select actor, key from idempotency where at < $1 limit $2) returning actor),
                    fewer as (update idempotency_counts as counts set count = counts.count - each.gone
                        from (select actor, count(*) as gone from gone group by actor) as each where counts.actor = each.actor)
                select count(*) from gone
                """).Bind(before).Bind(MaxRows),
            static row => row.Int64());
    }

    private static Task<long> AuditAsync(PostgresLink link, long before) => link.ChangeAsync(
        new PostgresStatement(
            """
            delete from audit where position <= (
                select max(position) from (select position, at from audit order by position limit $2) as oldest where at < $1)
            """).Bind(before).Bind(MaxRows));

    private static Task<long> DeleteAsync(PostgresLink link, string table, string key, string condition, long before) =>
        link.ChangeAsync(new PostgresStatement(
            $"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit $2)")
            .Bind(before).Bind(MaxRows));
}
