using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>What was answered under idempotency keys.</summary>
internal static class PostgresAnswers
{
    public static Task<KeptAnswer?> FindAsync(PostgresLink link, AnswerTo answer) => link.FindAsync(
        new PostgresStatement(
            "select request, position, sessions, known from idempotency where actor = $1 and key = $2 and at > $3")
            .Bind(answer.Key.Actor).Bind(answer.Key.Key).Bind(answer.Since),
        static row => new KeptAnswer(row.Text(), row.Position(), row.Int64OrNull(), row.Bool()));

    /// <summary>Keeps one; the oldest of its actor that are past its share go.</summary>
    public static void Keep(PostgresLink link, KeepAnswer kept, int share)
    {
        link.Add(new PostgresStatement(
            """
            with put as (
                insert into idempotency (actor, key, request, position, sessions, known, at)
                values ($1, $2, $3, $4, $5, $6, $7)
                on conflict (actor, key) do update set request = $3, position = $4, sessions = $5, known = $6, at = $7
                returning xmax = 0 as is_new)
            insert into idempotency_counts (actor, count) select $1, 1 from put where is_new
            on conflict (actor) do update set count = idempotency_counts.count + 1
            """)
            .Bind(kept.Key.Actor).Bind(kept.Key.Key).Bind(kept.Answer.RequestHash).Bind(kept.Answer.Act)
            .Bind(kept.Answer.Sessions).Bind(kept.Answer.Known).Bind(kept.At));

        // Nobody fills the disk with keys alone. Two go for one that comes, so that a smaller share is reached as well.
        link.Add(new PostgresStatement(
            """
            with gone as (
                delete from idempotency where actor = $1 and key in (
                    select key from idempotency where actor = $1 and key <> $2 order by at
                    limit least(2, greatest(0, (select count from idempotency_counts where actor = $1) - $3)))
                returning 1)
            update idempotency_counts set count = count - (select count(*) from gone)
            where actor = $1 and exists (select 1 from gone)
            """).Bind(kept.Key.Actor).Bind(kept.Key.Key).Bind(share));
    }
}
