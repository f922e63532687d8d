namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Which standbys may lack what the database has confirmed.</summary>
internal static class PostgresStandbys
{
    /// <summary>
    /// The names of those that no commit waits for, and of those that none waits for now. Who reads the log for other ends
    /// (a copy of the files, logical replication) is none. An account that may not see statistics sees all of them where
    /// <c>synchronous_standby_names</c> is empty, and otherwise none.
    /// </summary>
    public static async Task<IReadOnlyList<string>> FindAsynchronousAsync(PostgresLink link) =>
        await link.ReadAsync(
            new(
                """
                select coalesce(nullif(application_name, ''), 'unnamed') from pg_stat_replication as standby
                where coalesce(state, 'streaming') <> 'backup'
                    and coalesce(sync_state, case current_setting('synchronous_standby_names') when '' then 'async' end)
                        in ('async', 'potential')
                    and not exists (
                        select 1 from pg_replication_slots where active_pid = standby.pid and slot_type = 'logical')
                order by 1
                """),
            static row => row.Text()).ConfigureAwait(false);
}
