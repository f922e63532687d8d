using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Logouts as rows, and which sessions an act ended, looked for after it. Each is judged as it stood just before the
/// act, so what is found depends on the acts alone and not on when somebody looks: a session that another act had ended
/// already is not ended again.
/// </summary>
internal static class PostgresLogoutRows
{
    public static async Task<EndedSessionsPage> LookAsync(PostgresLink link, string ownIssuer)
    {
        var from = await link.FindAsync(new(LogoutCursor.Select), LogoutCursor.Read).ConfigureAwait(false)
            ?? throw LogoutCursor.Missing();
        var (to, walked, looked, found) = (from, 0, 0, new List<EndedSession>());
        var acts = await ActsFromAsync(link, from.Act).ConfigureAwait(false);
        foreach (var act in acts.Where(act => Touching.CanEndSessions(act, ownIssuer)))
        {
            for (var after = act.Position == from.Act ? from.Session : 0; ;)
            {
                var rows = await PostgresAffected.WalkAsync(link, ownIssuer, act, after).ConfigureAwait(false);
                List<Session> told = [.. rows.Select(static row => row.Told).OfType<Session>()];
                (walked, looked) = (walked + rows.Count, looked + told.Count);
                if (walked > EndedSessionsPage.MaxWalked || looked > EndedSessionsPage.MaxLooked)
                {
                    return new(from, to, found, IsWorthKeeping: true);
                }

                found.AddRange(await EndedAsync(link, ownIssuer, act, told).ConfigureAwait(false));
                if (rows.Count < PostgresAffected.MostAtOnce)
                {
                    break;
                }

                after = rows[^1].Number;
                to = new(act.Position, after);
            }

            to = new(act.Position, long.MaxValue);
        }

        return acts.Count < EndedSessionsPage.MaxLooked
            ? new(from, to, found, IsWorthKeeping: to != from)
            : new(from, new(acts[^1].Position, long.MaxValue), found, IsWorthKeeping: true);
    }

    /// <summary>Keeps the sessions found and the cursor together, and only from where the look began.</summary>
    public static async Task KeepAsync(PostgresTransaction transaction, EndedSessionsPage page)
    {
        var link = transaction.Link;
        var moved = await link.ChangeAsync(
            new PostgresStatement("update logout_cursor set act = $1, session = $2 where act = $3 and session = $4")
                .Bind(page.To.Act).Bind(page.To.Session).Bind(page.From.Act).Bind(page.From.Session)).ConfigureAwait(false);
        foreach (var (session, act) in moved == 1 ? page.Ended : [])
        {
            // A client that was removed meanwhile is not told, nor whoever has its name now. Whoever is ended anew waits anew.
            link.Add(new PostgresStatement("delete from logouts where session = $1").Bind(session.Id));
            link.Add(
                new PostgresStatement(
                    """
                    insert into logouts (session, subject, client_id, act, since) select $1, $2, $3, $4, $5
                    where exists (select 1 from clients where id = $3 and logout_since < $4)
                    """)
                    .Bind(session.Id).Bind(session.Subject).Bind(session.ClientId).Bind(act).Bind(transaction.Second));
        }
    }

    /// <inheritdoc cref="IsWaiting"/>
    public static Task<bool> IsWaitingAsync(PostgresLink link, IsWaiting logout) => link.HasAsync(
        new PostgresStatement("select 1 from logouts where number = $1 and act = $2").Bind(logout.Number).Bind(logout.Act));

    public static PostgresStatement Delete(RemoveLogout removed) =>
        new PostgresStatement("delete from logouts where number = $1").Bind(removed.Number);

    /// <summary>Some of those of a client that is not there.</summary>
    public static PostgresStatement Forget(string clientId, int most) => new PostgresStatement(
        """
        delete from logouts where number in (select number from logouts where client_id = $1
            and not exists (select 1 from clients where id = $1) order by number limit $2)
        """).Bind(clientId).Bind(most);

    public static Task<List<string>> WaitingAsync(PostgresLink link) => link.ReadAsync(
        new PostgresStatement("select id from clients where logout_uri is not null "
            + "and exists (select 1 from logouts where client_id = id) order by id collate \"C\""),
        static row => row.Text());

    /// <summary>Logouts of a client; all of them seem to stand.</summary>
    public static Task<List<Logout>> ReadAsync(PostgresLink link, string clientId, long after, int limit) => link.ReadAsync(
        new PostgresStatement(
            $"select {LogoutRows.Columns} from logouts where client_id = $1 and number > $2 order by number limit $3")
            .Bind(clientId).Bind(after).Bind(limit),
        LogoutRows.Read);

    private static async Task<IEnumerable<EndedSession>> EndedAsync(
        PostgresLink link, string ownIssuer, Revocation act, List<Session> sessions)
    {
        if (sessions.Count == 0)
        {
            return [];
        }

        var earlier = await PostgresSessionActs.FindEarlierAsync(
            link, ownIssuer, [.. sessions.Select(session => session.FactsAt(ownIssuer))], act).ConfigureAwait(false);
        return sessions.Index().Where(one => Touching.IsEndedBy(act, one.Item, ownIssuer, _ => earlier[one.Index]))
            .Select(one => new EndedSession(one.Item, act.Position));
    }

    private static Task<List<Revocation>> ActsFromAsync(PostgresLink link, LogPosition from) => link.ReadAsync(
        new PostgresStatement(
            $"select {LogRows.Act} from acts where position >= greatest($1, (select min(logout_since) from clients)) "
                + "and exists (select 1 from clients where logout_since is not null) order by position limit $2")
            .Bind(from).Bind(EndedSessionsPage.MaxLooked),
        LogRows.ReadAct);
}
