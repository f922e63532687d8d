using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Forgets what nothing needs any more (G6 says until when a thing is needed), by a clock that no jump hurries: a
/// bounded number of rows in each transaction. What no index finds is looked for beside the writer, from where the last
/// look ended. One purge at a time.
/// </summary>
internal sealed class PostgresPurge(PostgresWriter writer, PostgresDatabase database, PostgresNode node, TimeProvider time)
{
    /// <summary>How many acts go at once: each may have selected thousands of sessions.</summary>
    private const int MaxActs = 10;

    private readonly BelievedTime _believed = new(node.Clock, time);
    private readonly PurgeLook _sessions = new();
    private readonly PurgeLook _acts = new();
    private readonly OldestStart _oldest = new();

    /// <summary>Forgets what is due; how many rows went.</summary>
    public async Task<long> RunAsync(CancellationToken cancellationToken)
    {
        var dates = new PurgeDates(_believed.Now, node.Options.EndedRetention, node.Options.AuditRetention);
        var total = await SessionsAsync(dates.Ended, cancellationToken).ConfigureAwait(false);
        foreach (var step in Steps(dates))
        {
            long gone;
            do
            {
                gone = await writer.RunAsync(
                    transaction => step(transaction.Link), needsHead: false, cancellationToken).ConfigureAwait(false);
                total += gone;
            }
            while (gone == PurgeLook.MaxRows);
        }

        total += await ActsAsync(dates, cancellationToken).ConfigureAwait(false);
        await _believed.SaveAsync(dates.Now, open => SaveAsync(dates.Now, open, cancellationToken)).ConfigureAwait(false);
        return total;
    }

    private Task<bool> SaveAsync(long believed, TimeSpan open, CancellationToken cancellationToken) => writer.RunAsync(
        async transaction =>
        {
            var start = await PostgresEpoch.FindStartAsync(transaction.Link, isHolding: true).ConfigureAwait(false);
            transaction.Link.Add(PostgresEpoch.SaveStart(start.After(believed, open)));
            return true;
        },
        needsHead: false, cancellationToken);

    // Each deletes so many of the rows that are due, the first of an index, and says how many went.
    private static IEnumerable<Func<PostgresLink, Task<long>>> Steps(PurgeDates dates) =>
    [
        link => LogAsync(link, dates.Log),
        link => StatesAsync(link, dates.Remembered),
        link => AnswersAsync(link, dates.Answers),
        link => AuditAsync(link, dates.Audit),
        link => DeleteAsync(link, "verifiers", "client_id, instance", "seen_at < $1", dates.Verifiers),
        link => DeleteAsync(link, "uncounted_verifiers", "client_id", "until < $1", dates.Verifiers),
    ];

    // Ended by row or by its lifetimes, long enough ago. What ended can only be reopened by a lift, which is looked for again.
    private Task<long> SessionsAsync(long ended, CancellationToken cancellationToken) => _sessions.RunAsync(
        after => database.ReadAsync(
            link => link.ReadAsync(
                new PostgresStatement(
                    "select number, coalesce(ended_at < $3, false) or idle_expires_at < $3 from sessions where number > $1 "
                        + "order by number limit $2")
                    .Bind(after).Bind(PurgeLook.MaxRows).Bind(ended),
                LookedRow.Read),
            cancellationToken),
        due => DeleteAsync(due, PurgeLook.MaxRows, needsHead: false, some => new PostgresStatement(
            """
            with gone as (delete from sessions where number = any($1) and (ended_at < $2 or idle_expires_at < $2)
                    returning number),
                tags as (delete from session_tags where session in (select number from gone))
            select count(*) from gone
            """).Bind(some).Bind(ended), cancellationToken));

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be
    // touched by it. A key that was used since keeps it: keys are kept by whoever holds the head.
    private async Task<long> ActsAsync(PurgeDates dates, CancellationToken cancellationToken)
    {
        var oldest = await _oldest.FindAsync(from => database.ReadAsync(
            link => StartedAsync(link, from, dates.Remembered), cancellationToken)).ConfigureAwait(false);
        return await _acts.RunAsync(
            after => database.ReadAsync(
                link => link.ReadAsync(
                    new PostgresStatement(
                        """
                        select position, at < $3 and remember_until < $4
                            and not exists (select 1 from idempotency where position = acts.position)
                        from acts where position > $1 and position <= $5 order by position limit $2
                        """)
                        .Bind(after).Bind(PurgeLook.MaxRows).Bind(dates.Ended).Bind(dates.Remembered).Bind(oldest),
                    LookedRow.Read),
                cancellationToken),
            due => DeleteAsync(due, MaxActs, needsHead: true, static some => new PostgresStatement(
                """
                with gone as (delete from acts where position = any($1)
                        and not exists (select 1 from idempotency where position = acts.position) returning position),
                    chosen as (delete from selected where act in (select position from gone) returning 1),
                    spread as (delete from spreads where act in (select position from gone))
                select (select count(*) from gone) + (select count(*) from chosen)
                """).Bind(some), cancellationToken)).ConfigureAwait(false);
    }

    private static async Task<(LogHead Head, List<StartedRow> Rows)> StartedAsync(PostgresLink link, long from, long past)
    {
        var head = await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false);
        return (head.Log, await link.ReadAsync(
            new PostgresStatement(
                "select number, started, idle_expires_at > $2 from sessions where number >= $1 order by number limit $3")
                .Bind(from).Bind(past).Bind(PurgeLook.MaxRows),
            StartedRow.Read).ConfigureAwait(false));
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

    // The log goes by position, as it came. The chain at the newest row that goes stays known: whoever is exactly there
    // can still follow.
    private static async Task<long> LogAsync(PostgresLink link, long before)
    {
        var rows = await link.ReadAsync(
            new PostgresStatement(
                "select position, at, chain from log where position > (select base_position from kept) "
                    + "order by position limit $1").Bind(PurgeLook.MaxRows),
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
                """).Bind(before).Bind(PurgeLook.MaxRows),
            static row => row.Int64());
    }

    private static Task<long> AuditAsync(PostgresLink link, long before) => link.ChangeAsync(
        new PostgresStatement(
            """
            delete from audit where position <= (
                select max(position) from (select position, at from audit order by position limit $2) as oldest where at < $1)
            """).Bind(before).Bind(PurgeLook.MaxRows));

    private static Task<long> DeleteAsync(PostgresLink link, string table, string key, string condition, long before) =>
        link.ChangeAsync(new PostgresStatement(
            $"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit $2)")
            .Bind(before).Bind(PurgeLook.MaxRows));
}
