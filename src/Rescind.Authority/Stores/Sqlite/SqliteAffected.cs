using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which living sessions an act touches: judged one by one, with the algebra that refuses them later.</summary>
internal static class SqliteAffected
{
    /// <summary>How many sessions that live at <paramref name="now"/> are what <paramref name="act"/> selects: those that it would touch, or,
    /// after its lift, those that it gave back. Unknown if they are more than <paramref name="budget"/> allows to look at.</summary>
    public static AffectedSessions Count(SqliteLink link, string ownIssuer, Revocation act, long now, CountBudget budget)
    {
        if (act.Issuer == ownIssuer && IsMoreThan(link, ownIssuer, act.Match, budget.MaxSessions))
        {
            return AffectedSessions.Uncounted;
        }

        var (living, any) = (0L, false);
        foreach (var row in Find(link, ownIssuer, act))
        {
            if (!budget.TryLook())
            {
                return AffectedSessions.Uncounted;
            }

            any = true;
            living += IsTouched(link, ownIssuer, act, row.Session, now) ? 1 : 0;
        }

        return new(living, any || !IsKnowable(ownIssuer, act) || IsKnownKey(link, act.Match));
    }

    /// <summary>
    /// The sessions that <paramref name="act"/>, which spares others at our own issuer, selects, but for those that are over for longer than a clock
    /// may be wrong: what else ended them may be lifted. To the verifiers those are named whose tokens could be used now if nothing else had.
    /// </summary>
    public static IEnumerable<SelectedSession> Select(SqliteLink link, Revocation act)
    {
        var oldest = SqliteLog.FindIssuer(link, act.Issuer)?.Limits is { MaxTokenLifetime: { } lifetime } limits
            ? act.At - lifetime - limits.Leeway - Retention.ForgettingMargin
            : long.MinValue;
        return Find(link, act.Issuer, act).Select(row => row.Session)
            .Where(session => !session.IsExpiredAt(act.At - Retention.ForgettingMargin) && SessionJudge.Selects(act, session.FactsAt(act.Issuer)))
            .Select(session => new SelectedSession(session.Id, MayHoldTokens(link, act, session, oldest)));
    }

    // No token is minted for a session once it has expired or ended.
    private static bool MayHoldTokens(SqliteLink link, Revocation act, Session session, long oldest) =>
        Math.Min(session.IdleExpiresAt, session.ExpiresAt) >= oldest
        && !(SqliteSessionActs.Judged(link, act.Issuer, session, act.At).EndedBy is { } by
            && SqliteActs.Find(link, by) is { } end && end.At < oldest);

    /// <summary>
    /// The sessions that are what <paramref name="act"/> names, not judged, in the order of their rows, after a row: all, or those of clients that
    /// have been told of logouts since before the act.
    /// </summary>
    public static IEnumerable<SessionRow> Find(SqliteLink link, string ownIssuer, Revocation act, long after = 0, bool ofToldClients = false)
    {
        var match = IndexedAs(act.Match, ownIssuer);
        if (act.Issuer != ownIssuer || Selecting(match) is not { } condition)
        {
            yield break;
        }

        // Each order is that of an index, which is read from there on; the plus keeps the planner from another one.
        var (source, number) = match.Kind is MatchKind.Tag
            ? ("session_tags cross join sessions on number = session", "session") : ("sessions", "number");
        var told = ofToldClients ? " and +client_id in (select id from clients where logout_since < ?)" : "";
        using var rows = link.Prepare($"select {SessionRows.Columns} from {source} where {number} > ?1 and {condition}{told} order by {number}")
            .Bind(after).BindGiven(match.Name).BindGiven(match.Value);
        if (ofToldClients)
        {
            rows.Bind(act.Position);
        }

        while (rows.Step())
        {
            yield return SessionRows.Read(rows, isToEnd: true);
        }
    }

    /// <summary>Whether an act that selects it touches a session that lives at <paramref name="now"/>: one that is blocked can still be ended;
    /// after a lift it does not live again while another block is in force.</summary>
    public static bool IsTouched(SqliteLink link, string ownIssuer, Revocation act, Session session, long now) =>
        session.StateAt(now) is SessionState.Active
        && session.FactsAt(ownIssuer) is var facts
        && (act.Match.Kind is MatchKind.Key || SessionJudge.Selects(act, facts))
        && SqliteSessionActs.Judge(link, ownIssuer, facts, now).Kind is var kind
        && (kind is SessionVerdictKind.Live || (kind is SessionVerdictKind.Blocked && act.LiftedBy is null));

    private static bool IsKnowable(string ownIssuer, Revocation act) =>
        act.Issuer == ownIssuer && act.Match.Kind is MatchKind.Session or MatchKind.Subject or MatchKind.Key;

    private static bool IsKnownKey(SqliteLink link, Match match)
    {
        using var row = link.Prepare("select 1 from keys where id = ?1 and state <> 5").Bind(match.Value ?? "");
        return match.Kind is MatchKind.Key && row.Step();
    }

    /// <summary>
    /// Whether more sessions than <paramref name="most"/>, living or not, are what <paramref name="named"/> names at our own issuer: looked up in
    /// an index alone, and no further than that.
    /// </summary>
    public static bool IsMoreThan(SqliteLink link, string ownIssuer, Match named, long most)
    {
        var match = IndexedAs(named, ownIssuer);
        var rows = match.Kind switch
        {
            MatchKind.Subject => "sessions where subject = ?1",
            MatchKind.Client => "sessions where client_id = ?1",
            MatchKind.Tag => "session_tags where value = ?1 and name = ?3",
            MatchKind.Key or MatchKind.Issuer => "sessions",
            _ => null,
        };
        if (rows is null)
        {
            return false;
        }

        using var next = link.Prepare($"select 1 from {rows} limit 1 offset ?2").Bind(match.Value).Bind(most).BindGiven(match.Name);
        return next.Step();
    }

    // A tag may name a claim that has a column of its own.
    private static Match IndexedAs(Match match, string ownIssuer) => (match.Kind, match.Name) switch
    {
        (MatchKind.Tag, "sub") => Match.Subject(match.Value!),
        (MatchKind.Tag, "client_id") => Match.Client(match.Value!),
        (MatchKind.Tag, "sid") => Match.Session(match.Value!),
        (MatchKind.Tag, "iss") when match.Value == ownIssuer => Match.Issuer,
        _ => match,
    };

    // A key: the sessions whose present access token it may have signed.
    private static string? Selecting(Match match) => match.Kind switch
    {
        MatchKind.Session => "id = ?2",
        MatchKind.Subject => "subject = ?2",
        MatchKind.Client => "client_id = ?2",
        MatchKind.Tag => "name = ?2 and value = ?3",
        MatchKind.Key =>
            """
            last_refreshed_at >= (select active_from from keys where id = ?2)
            and last_refreshed_at <= (select coalesce(retired_at, last_refreshed_at) from keys where id = ?2)
            """,
        MatchKind.Issuer => "true",
        _ => null,
    };
}
