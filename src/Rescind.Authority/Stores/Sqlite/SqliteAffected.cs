using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which living sessions an act touches: judged one by one, with the algebra that refuses them later.</summary>
internal static class SqliteAffected
{
    /// <summary>How many sessions that live at <paramref name="now"/> are what <paramref name="act"/> selects: those that it would touch, or,
    /// after its lift, those that it gave back.</summary>
    public static AffectedSessions Count(SqliteLink link, string ownIssuer, Revocation act, long now)
    {
        var (living, any) = (0L, false);
        foreach (var session in Find(link, ownIssuer, act))
        {
            any = true;
            living += IsTouched(link, ownIssuer, act, session, now) ? 1 : 0;
        }

        return new(living, any || !IsKnowable(ownIssuer, act) || IsKnownKey(link, act.Match));
    }

    /// <summary>The ids of the sessions that <paramref name="act"/> selects.</summary>
    public static IReadOnlyList<string> Select(SqliteLink link, string ownIssuer, Revocation act) =>
        [.. Find(link, ownIssuer, act).Where(session => IsTouched(link, ownIssuer, act, session, act.At)).Select(session => session.Id)];

    private static IEnumerable<Session> Find(SqliteLink link, string ownIssuer, Revocation act)
    {
        if (act.Issuer != ownIssuer || Selecting(act.Match) is not { } condition)
        {
            yield break;
        }

        using var rows = link.Prepare($"select {SessionRows.Columns} from sessions where {condition}")
            .BindGiven(act.Match.Name).BindGiven(act.Match.Value);
        while (rows.Step())
        {
            yield return SessionRows.Read(rows).Session;
        }
    }

    private static bool IsTouched(SqliteLink link, string ownIssuer, Revocation act, Session session, long now) =>
        session.StateAt(now) is SessionState.Active
        && (act.Match.Kind is MatchKind.Key || SessionJudge.Selects(act, session.Facts))
        && SqliteActs.Judge(link, ownIssuer, session.Facts, now).Kind is not SessionVerdictKind.Ended;

    private static bool IsKnowable(string ownIssuer, Revocation act) =>
        act.Issuer == ownIssuer && act.Match.Kind is MatchKind.Session or MatchKind.Subject or MatchKind.Key;

    private static bool IsKnownKey(SqliteLink link, Match match)
    {
        using var row = link.Prepare("select 1 from keys where id = ?1 and state <> 5").Bind(match.Value ?? "");
        return match.Kind is MatchKind.Key && row.Step();
    }

    // A key: the sessions whose present access token it may have signed.
    private static string? Selecting(Match match) => match.Kind switch
    {
        MatchKind.Session => "id = ?1",
        MatchKind.Subject => "subject = ?1",
        MatchKind.Client => "client_id = ?1",
        MatchKind.Tag => "number in (select session from session_tags where name = ?1 and value = ?2)",
        MatchKind.Key =>
            """
            last_refreshed_at >= (select active_from from keys where id = ?1)
            and last_refreshed_at <= (select coalesce(retired_at, last_refreshed_at) from keys where id = ?1)
            """,
        MatchKind.Issuer => "true",
        _ => null,
    };
}
