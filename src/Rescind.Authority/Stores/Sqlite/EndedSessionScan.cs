using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>How far the acts were looked through: up to that session of that act.</summary>
internal sealed record LogoutCursor(LogPosition Act, long Session);

/// <summary>A session whose client is to be told, and the act that ended it.</summary>
internal sealed record EndedSession(Session Session, LogPosition Act);

/// <summary>What a look at some of the acts found, and how far it reached.</summary>
/// <param name="From">Where it began.</param>
/// <param name="To">How far it reached.</param>
/// <param name="Found">What it found.</param>
/// <param name="IsWorthKeeping">
/// Whether the next look should begin where this one ended: it found an act that ends sessions, or came across very
/// many that do not.
/// </param>
internal sealed record EndedSessionsPage(
    LogoutCursor From, LogoutCursor To, IReadOnlyList<EndedSession> Found, bool IsWorthKeeping);

/// <summary>
/// Which sessions an act ended, looked for after it. Each is judged as it stood just before the act, so what is found
/// depends on the acts alone and not on when somebody looks: a session that another act had ended already is not ended
/// again.
/// </summary>
internal static class EndedSessionScan
{
    /// <summary>
    /// The most sessions that one look judges, and the most acts that it reads: a bound for the writer, who keeps what
    /// was found.
    /// </summary>
    private const int MaxLooked = 500;

    /// <summary>The most sessions that one look walks over: those of clients that are told nothing, too.</summary>
    private const int MaxWalked = 5_000;

    public static EndedSessionsPage Read(SqliteLink link, string ownIssuer)
    {
        var from = ReadCursor(link);
        var (to, walked, looked, found) = (from, 0, 0, new List<EndedSession>());
        var acts = ActsFrom(link, from.Act);
        foreach (var act in acts.Where(act => Touching.CanEndSessions(act, ownIssuer)))
        {
            var after = act.Position == from.Act ? from.Session : 0;
            foreach (var (number, told) in SqliteAffected.Walk(link, ownIssuer, act, after))
            {
                if (walked++ == MaxWalked || looked == MaxLooked)
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

        return acts.Count < MaxLooked
            ? new(from, to, found, IsWorthKeeping: to != from)
            : new(from, new(acts[^1].Position, long.MaxValue), found, IsWorthKeeping: true);
    }

    private static LogoutCursor ReadCursor(SqliteLink link)
    {
        using var row = link.Prepare("select act, session from logout_cursor");
        return row.Step()
            ? new(row.Position(), row.Int64())
            : throw new InvalidDataException("The database has no cursor of logouts.");
    }

    private static List<Revocation> ActsFrom(SqliteLink link, LogPosition from)
    {
        using var rows = link.Prepare(
            $"select {LogRows.Act} from acts where position >= max(?1, (select min(logout_since) from clients)) "
                + "order by position limit ?2")
            .Bind(from).Bind(MaxLooked);
        var acts = new List<Revocation>();
        while (rows.Step())
        {
            acts.Add(LogRows.ReadAct(rows));
        }

        return acts;
    }
}
