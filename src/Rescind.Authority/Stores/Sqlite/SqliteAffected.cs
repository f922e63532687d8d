using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which living sessions an act touches: judged one by one, with the algebra that refuses them later.</summary>
internal static class SqliteAffected
{
    /// <summary>
    /// How many sessions that live at <paramref name="now"/> are what <paramref name="act"/> selects: those that it
    /// would touch, or, after its lift, those that it gave back. Unknown if they are more than
    /// <paramref name="budget"/> allows to look at.
    /// </summary>
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

        return new(living, any || !Touching.IsKnowable(act, ownIssuer) || IsKnownKey(link, act.Match));
    }

    /// <inheritdoc cref="SessionsNamed"/>
    public static IReadOnlyList<Session> FindNamed(SqliteLink link, string ownIssuer, SessionsNamed named) =>
        [.. Find(link, ownIssuer, named.Match, 0, named).Select(static row => row.Session).Take(named.Most)];

    /// <summary>
    /// The sessions that are what <paramref name="act"/> names, not judged, in the order of their rows, after a row.
    /// </summary>
    public static IEnumerable<SessionRow> Find(SqliteLink link, string ownIssuer, Revocation act, long after = 0) =>
        act.Issuer == ownIssuer ? Find(link, ownIssuer, act.Match, after) : [];

    /// <summary>
    /// The same, each row that is walked over; with the session, if its client has been told of logouts since before the act.
    /// </summary>
    public static IEnumerable<(long Number, Session? Told)> Walk(SqliteLink link, string ownIssuer, Revocation act, long after)
    {
        if (act.Issuer != ownIssuer || SqliteMatching.Of(act.Match, ownIssuer) is not { } match)
        {
            yield break;
        }

        using var rows = link.Prepare(
            $"select {match.Number}, client_id in (select id from clients where logout_since < ?4), {SessionRows.Columns} "
                + $"from {match.Source} where {match.Number} > ?1 and {match.Condition} order by {match.Number}")
            .Bind(after).Bind(match.First ?? "").Bind(match.Second ?? "").Bind(act.Position);
        while (rows.Step())
        {
            yield return (rows.Int64(), rows.Int64() == 1 ? SessionRows.Read(rows, isToEnd: true).Session : null);
        }
    }

    private static IEnumerable<SessionRow> Find(
        SqliteLink link, string ownIssuer, Match named, long after, SessionsNamed? some = null)
    {
        if (SqliteMatching.Of(named, ownIssuer) is not { } match)
        {
            yield break;
        }

        // Each order is that of an index, which is read from there on.
        var narrowed = some is null ? "" : " and created_at < ? and min(idle_expires_at, expires_at) > ?";
        using var rows = link.Prepare(
            $"select {SessionRows.Columns} from {match.Source} where {match.Number} > ?1 and {match.Condition}{narrowed} "
                + $"order by {match.Number}")
            .Bind(after).BindGiven(match.First).BindGiven(match.Second);
        if (some is not null)
        {
            rows.Bind(some.StartedBefore).Bind(some.LivingAt);
        }

        while (rows.Step())
        {
            yield return SessionRows.Read(rows, isToEnd: true);
        }
    }

    /// <inheritdoc cref="Touching.IsTouched"/>
    public static bool IsTouched(SqliteLink link, string ownIssuer, Revocation act, Session session, long now) =>
        Touching.IsTouched(act, session, ownIssuer, now, facts => SqliteSessionActs.FindTouching(link, ownIssuer, facts, now));

    private static bool IsKnownKey(SqliteLink link, Match match) => match.Kind is MatchKind.Key
        && link.Prepare("select 1 from keys where id = ?1 and state <> 5").Bind(match.Value ?? "").HasRow();

    /// <summary>
    /// Whether more sessions than <paramref name="most"/>, living or not, are what <paramref name="named"/> names at
    /// our own issuer: looked up in an index alone, and no further than that.
    /// </summary>
    public static bool IsMoreThan(SqliteLink link, string ownIssuer, Match named, long most) =>
        SqliteMatching.AtMost(named, ownIssuer) is { } match
        && link.Prepare($"select 1 from {match.Counted} limit 1 offset ?1").Bind(most)
            .BindGiven(match.First).BindGiven(match.Second).HasRow();
}
