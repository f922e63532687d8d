using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which living sessions a match selects: judged one by one, with the algebra that refuses them later.</summary>
internal static class SqliteAffected
{
    public static AffectedSessions Count(SqliteLink link, string ownIssuer, string issuer, Match match, long now)
    {
        if (issuer != ownIssuer || Selecting(match) is not { } condition)
        {
            return new(0, true);
        }

        using var rows = link.Prepare($"select {SessionRows.Columns} from sessions where {condition}");
        if (match.Name is not null)
        {
            rows.Bind(match.Name);
        }

        if (match.Value is not null)
        {
            rows.Bind(match.Value);
        }

        var (living, any) = (0L, false);
        while (rows.Step())
        {
            any = true;
            living += IsLiving(link, ownIssuer, SessionRows.Read(rows).Session, now) ? 1 : 0;
        }

        return new(living, any || match.Kind is not (MatchKind.Session or MatchKind.Subject));
    }

    private static bool IsLiving(SqliteLink link, string ownIssuer, Session session, long now) =>
        session.StateAt(now) is SessionState.Active
        && SqliteActs.Judge(link, ownIssuer, session.Facts, now).Kind is not SessionVerdictKind.Ended;

    private static string? Selecting(Match match) => match.Kind switch
    {
        MatchKind.Session => "id = ?1",
        MatchKind.Subject => "subject = ?1",
        MatchKind.Client => "client_id = ?1",
        MatchKind.Tag => "number in (select session from session_tags where name = ?1 and value = ?2)",
        MatchKind.Issuer => "true",
        _ => null,
    };
}
