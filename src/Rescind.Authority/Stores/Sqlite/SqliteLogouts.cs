using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="ILogoutStore"/>
internal sealed class SqliteLogouts(SqliteWriter writer, SqliteReaders readers, string ownIssuer, TimeProvider time)
    : ILogoutStore
{
    private const int ForgottenAtOnce = 500;

    /// <summary>
    /// Forgets those of a client that is not there, some at a time: very many may be waiting, and others wait for the writer.
    /// </summary>
    public static async Task ForgetAsync(SqliteWriter writer, string clientId, CancellationToken cancellationToken)
    {
        int gone;
        do
        {
            gone = await writer.RunAsync(
                log => log.Link.Prepare(
                    """
                    delete from logouts where number in (select number from logouts where client_id = ?1
                        and not exists (select 1 from clients where id = ?1) order by number limit ?2)
                    """).Bind(clientId).Bind(ForgottenAtOnce).Run(),
                cancellationToken).ConfigureAwait(false);
        }
        while (gone == ForgottenAtOnce);
    }

    public async Task<bool> ExpandAsync(CancellationToken cancellationToken)
    {
        var page = await readers.ReadAsync(
            link => EndedSessionScan.Read(link, ownIssuer), cancellationToken).ConfigureAwait(false);
        return page.IsWorthKeeping && await writer.RunAsync(log => Keep(log, page), cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<string>> WaitingAsync(CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<string>>(
            static link => link.Prepare(
                "select id from clients where logout_uri is not null "
                    + "and exists (select 1 from logouts where client_id = id) order by id")
                .ReadAll(static row => row.Text()),
            cancellationToken);

    public Task<IReadOnlyList<Logout>> ReadAsync(string clientId, long after, int limit, CancellationToken cancellationToken) =>
        readers.ReadAsync<IReadOnlyList<Logout>>(
            link =>
            [
                .. link.Prepare(
                    $"select {LogoutRows.Columns} from logouts where client_id = ?1 and number > ?2 order by number limit ?3")
                    .Bind(clientId).Bind(after).Bind(limit).ReadAll(LogoutRows.Read)
                    .Select(logout => logout with { Stands = IsOver(link, logout.SessionId) }),
            ],
        cancellationToken);

    public Task SettleAsync(IReadOnlyList<(Logout Logout, LogoutResult Result)> settled, CancellationToken cancellationToken) =>
        writer.RunAsync(
            log =>
            {
                foreach (var (logout, result) in settled)
                {
                    SqliteDecisions.Run(log, new SettleLogoutDecision(logout, result));
                }

                return true;
            },
            cancellationToken);

    // Found and cursor together, and only from where the look began: whoever looked twice keeps it once.
    private static bool Keep(SqliteLog log, EndedSessionsPage page)
    {
        if (log.Link.Prepare("update logout_cursor set act = ?1, session = ?2 where act = ?3 and session = ?4")
            .Bind(page.To.Act).Bind(page.To.Session).Bind(page.From.Act).Bind(page.From.Session).Run() == 1)
        {
            foreach (var (session, act) in page.Ended)
            {
                // A client that was removed meanwhile is not told, nor whoever has its name now.
                log.Link.Prepare(
                    """
                    insert or replace into logouts (session, subject, client_id, act, since)
                    select ?1, ?2, ?3, ?4, ?5 where exists (select 1 from clients where id = ?3 and logout_since < ?4)
                    """)
                    .Bind(session.Id).Bind(session.Subject).Bind(session.ClientId).Bind(act).Bind(log.Second).Run();
            }
        }

        return true;
    }

    /// <inheritdoc cref="IsWaiting"/>
    public static bool IsWaiting(SqliteLink link, IsWaiting logout) =>
        link.Prepare("select 1 from logouts where number = ?1 and act = ?2").Bind(logout.Number).Bind(logout.Act).HasRow();

    public static void Remove(SqliteLink link, long number) =>
        link.Prepare("delete from logouts where number = ?1").Bind(number).Run();

    // A session that is forgotten ended long ago.
    private bool IsOver(SqliteLink link, string sessionId)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        return SqliteSessionRows.Find(link, sessionId, isToEnd: true) is not { Session: { } session }
            || SqliteSessionActs.Judged(link, ownIssuer, session, now).StateAt(now) is SessionState.Ended or SessionState.Blocked;
    }
}
