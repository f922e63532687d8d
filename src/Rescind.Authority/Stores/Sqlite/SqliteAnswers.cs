namespace Rescind.Authority.Stores.Sqlite;

/// <summary>What was answered under idempotency keys.</summary>
internal static class SqliteAnswers
{
    // What stands for a number that nobody knows, in a column that must have one.
    private const long Uncounted = -1;

    public static KeptAnswer? Find(SqliteLink link, AnswerTo answer) => link.Prepare(
        "select request, position, sessions, known from idempotency where actor = ?1 and key = ?2 and at > ?3")
        .Bind(answer.Key.Actor).Bind(answer.Key.Key).Bind(answer.Since)
        .Find(static row => new KeptAnswer(
            row.Text(), row.Position(), row.Int64() is not Uncounted and var sessions ? sessions : null, row.Bool()));

    /// <summary>Keeps one; the oldest of its actor that are past its share go.</summary>
    public static void Keep(SqliteLink link, KeepAnswer kept, int share)
    {
        link.Prepare(
            """
            insert into idempotency (actor, key, request, position, sessions, known, at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            on conflict (actor, key) do update set request = ?3, position = ?4, sessions = ?5, known = ?6, at = ?7
            """)
            .Bind(kept.Key.Actor).Bind(kept.Key.Key).Bind(kept.Answer.RequestHash).Bind(kept.Answer.Act)
            .Bind(kept.Answer.Sessions ?? Uncounted).Bind(kept.Answer.Known ? 1 : 0).Bind(kept.At).Run();
        ForgetPastShare(link, kept.Key, share);
    }

    // Nobody fills the disk with keys alone. Two go for one that comes, so that a smaller share is reached as well.
    private static void ForgetPastShare(SqliteLink link, IdempotencyKey newest, int share) => link.Prepare(
        """
        delete from idempotency where (actor, key) in (
            select actor, key from idempotency where actor = ?1 and key <> ?2 order by at
            limit min(2, max(0, (select count from idempotency_counts where actor = ?1) - ?3)))
        """).Bind(newest.Actor).Bind(newest.Key).Bind(share).Run();
}
