using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>How far the acts were looked through: up to that session of that act.</summary>
internal sealed record LogoutCursor(LogPosition Act, long Session);

/// <summary>A session whose client is to be told, and the act that ended it.</summary>
internal sealed record Ending(Session Session, LogPosition Act);

/// <summary>What a look at some of the acts found, and how far it reached.</summary>
internal sealed record EndingsPage(LogoutCursor From, LogoutCursor To, IReadOnlyList<Ending> Found);

/// <summary>
/// Which sessions an act ended, looked for after it. Each is judged as it stood just before the act, so what is found depends on the acts alone
/// and not on when somebody looks: a session that another act had ended already is not ended again.
/// </summary>
internal static class SqliteEndings
{
    /// <summary>The most sessions and the most acts of one look: a bound for the writer, who keeps what was found.</summary>
    private const int MaxLooked = 500;

    public static EndingsPage Read(SqliteLink link, string ownIssuer)
    {
        var from = ReadCursor(link);
        var (to, looked, found) = (from, 0, new List<Ending>());
        foreach (var act in ActsFrom(link, ownIssuer, from.Act))
        {
            var after = act.Position == from.Act ? from.Session : 0;
            foreach (var row in SqliteAffected.Find(link, ownIssuer, act, after, ofToldClients: true))
            {
                if (looked++ == MaxLooked)
                {
                    return new(from, to, found);
                }

                to = new(act.Position, row.Number);
                if (IsEndedBy(link, ownIssuer, act, row.Session))
                {
                    found.Add(new(row.Session, act.Position));
                }
            }

            to = new(act.Position, long.MaxValue);
        }

        return new(from, to, found);
    }

    private static LogoutCursor ReadCursor(SqliteLink link)
    {
        using var row = link.Prepare("select act, session from logout_cursor");
        return row.Step() ? new(row.Position(), row.Int64()) : throw new InvalidDataException("The database has no cursor of logouts.");
    }

    // The effects and matches that can end a session, a block included: who is locked out is to be logged out. The pluses keep the planner from
    // every act that there ever was.
    private static List<Revocation> ActsFrom(SqliteLink link, string ownIssuer, LogPosition from)
    {
        using var rows = link.Prepare(
            $"""
            select {LogRows.Act} from acts where position >= max(?1, (select min(logout_since) from clients)) and +issuer = ?2
            and effect in (1, 4) and +match_kind in (3, 4, 5, 6, 8) order by position limit ?3
            """).Bind(from).Bind(ownIssuer).Bind(MaxLooked);
        var acts = new List<Revocation>();
        while (rows.Step())
        {
            acts.Add(LogRows.ReadAct(rows));
        }

        return acts;
    }

    // A session that was over by its lifetimes did not end by an act.
    private static bool IsEndedBy(SqliteLink link, string ownIssuer, Revocation act, Session session) =>
        (session with { EndedBy = null }).StateAt(act.At) is SessionState.Active
        && session.FactsAt(ownIssuer) is var facts
        && SessionJudge.Selects(act, facts)
        && SqliteActs.JudgeBefore(link, ownIssuer, facts, act).Kind is SessionVerdictKind.Live;
}
