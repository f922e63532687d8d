using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Which sessions an act ended, looked for after it. Each is judged as it stood just before the act, so what is found
/// depends on the acts alone and not on when somebody looks: a session that another act had ended already is not ended
/// again.
/// </summary>
internal static class EndedSessionScan
{
    public static EndedSessionsPage Read(SqliteLink link, string ownIssuer)
    {
        var from = link.Prepare(LogoutCursor.Select).Find(LogoutCursor.Read) ?? throw LogoutCursor.Missing();
        var (to, walked, looked, found) = (from, 0, 0, new List<EndedSession>());
        var acts = ActsFrom(link, from.Act);
        foreach (var act in acts.Where(act => Touching.CanEndSessions(act, ownIssuer)))
        {
            var after = act.Position == from.Act ? from.Session : 0;
            foreach (var (number, told) in SqliteAffected.Walk(link, ownIssuer, act, after))
            {
                if (walked++ == EndedSessionsPage.MaxWalked || looked == EndedSessionsPage.MaxLooked)
                {
                    return new(from, to, found, IsWorthKeeping: true);
                }

                to = new(act.Position, number);
                if (told is not null)
                {
                    looked++;
                    if (Touching.IsEndedBy(
                        act, told, ownIssuer, facts => SqliteSessionActs.FindEarlier(link, ownIssuer, facts, act)))
                    {
                        found.Add(new(told, act.Position));
                    }
                }
            }

            to = new(act.Position, long.MaxValue);
        }

        return acts.Count < EndedSessionsPage.MaxLooked
            ? new(from, to, found, IsWorthKeeping: to != from)
            : new(from, new(acts[^1].Position, long.MaxValue), found, IsWorthKeeping: true);
    }

    private static List<Revocation> ActsFrom(SqliteLink link, LogPosition from) => link.Prepare(
        $"select {LogRows.Act} from acts where position >= max(?1, (select min(logout_since) from clients)) "
            + "order by position limit ?2")
        .Bind(from).Bind(EndedSessionsPage.MaxLooked).ReadAll(LogRows.ReadAct);
}
