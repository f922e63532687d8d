namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Forgets what nothing needs any more, some rows at a time (G6 says until when a thing is needed).</summary>
internal static class SqlitePurge
{
    /// <summary>The most rows of one table that go in one transaction.</summary>
    private const int MaxRows = 1000;

    /// <summary>How long the log is kept at least: a follower further behind reads the snapshot.</summary>
    private const long LogSeconds = 3600;

    /// <summary>How long past its date a state stays, so that no clock makes it go too soon.</summary>
    private const long StateMarginSeconds = 3600;

    /// <summary>How long a silent verifier is remembered, and an idempotency key at least.</summary>
    private const long DaySeconds = 24 * 3600;

    /// <summary>Some sessions after <paramref name="after"/> that ended, by row or by their lifetimes, before
    /// <paramref name="ended"/>. A scan: for a reader, not the writer.</summary>
    public static IReadOnlyList<long> FindSessions(SqliteLink link, long after, long ended)
    {
        using var rows = link.Prepare(
            "select number from sessions where number > ?1 and (ended_at < ?2 or idle_expires_at < ?2) order by number limit ?3")
            .Bind(after).Bind(ended).Bind(MaxRows);
        var numbers = new List<long>();
        while (rows.Step())
        {
            numbers.Add(rows.Int64());
        }

        return numbers;
    }

    /// <summary>Deletes sessions that <see cref="FindSessions"/> found; what ended can only be reopened by a lift, which is
    /// looked for again.</summary>
    public static int DeleteSessions(SqliteLog log, IReadOnlyList<long> numbers, long ended)
    {
        var deleted = 0;
        foreach (var number in numbers)
        {
            if (log.Link.Prepare("delete from sessions where number = ?1 and (ended_at < ?2 or idle_expires_at < ?2)")
                .Bind(number).Bind(ended).Run() == 1)
            {
                log.Link.Prepare("delete from session_tags where session = ?1").Bind(number).Run();
                deleted++;
            }
        }

        return deleted;
    }

    /// <summary>Deletes some rows; 0 when nothing is left to delete.</summary>
    public static int Bite(SqliteLog log)
    {
        var now = log.Second;
        var explained = now - (long)log.Options.EndedRetention.TotalSeconds;
        return Log(log, now - LogSeconds)
            + Delete(log, "states", "issuer, match_kind, value, name", "remember_until < ?1", now - StateMarginSeconds)
            + Acts(log, now - StateMarginSeconds, explained)
            + Delete(log, "idempotency", "actor, key", "at < ?1", now - DaySeconds)
            + Delete(log, "audit", "position", "at < ?1", now - (long)log.Options.AuditRetention.TotalSeconds)
            + Delete(log, "verifiers", "client_id, instance", "seen_at < ?1", now - DaySeconds)
            + Delete(log, "uncounted_verifiers", "client_id", "until < ?1", now - DaySeconds);
    }

    // The chain at the newest row that goes stays known: whoever is exactly there can still follow.
    private static int Log(SqliteLog log, long before)
    {
        var old = "select position, chain from log where at < ?1 order by position limit ?2";
        var (last, chain) = (default(LogPosition), Array.Empty<byte>());
        using (var rows = log.Link.Prepare($"select position, chain from ({old}) order by position desc limit 1").Bind(before).Bind(MaxRows))
        {
            if (!rows.Step())
            {
                return 0;
            }

            (last, chain) = (rows.Position(), rows.Bytes());
        }

        log.Link.Prepare("update head set base_position = ?1, base_chain = ?2").Bind(last).Bind(chain).Run();
        return log.Link.Prepare("delete from log where position <= ?1").Bind(last).Run();
    }

    // An act goes once it is past its date, explained long enough, and older than every session that lives: none can be touched by it.
    private static int Acts(SqliteLog log, long remembered, long explained) => log.Link.Prepare(
        """
        delete from acts where position in (
            select position from acts where at < ?1 and remember_until < ?2 and position <= ?3
            and position not in (select position from idempotency) order by position limit ?4)
        """).Bind(explained).Bind(remembered).Bind(OldestStart(log)).Bind(MaxRows).Run();

    // One that was ended counts as well while its row is there: a lift may reopen it, and then the acts decide.
    private static long OldestStart(SqliteLog log)
    {
        using var oldest = log.Link.Prepare("select started from sessions where idle_expires_at > ?1 order by number limit 1")
            .Bind(log.Second);
        return oldest.Step() ? oldest.Int64() : LogPosition.MaxValue;
    }

    private static int Delete(SqliteLog log, string table, string key, string condition, long before) =>
        log.Link.Prepare($"delete from {table} where ({key}) in (select {key} from {table} where {condition} limit ?2)")
            .Bind(before).Bind(MaxRows).Run();
}
