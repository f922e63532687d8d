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
        [.. Find(link, IndexedAs(named.Match, ownIssuer), 0, named).Select(static row => row.Session).Take(named.Most)];

    /// <summary>
    /// The sessions that are what <paramref name="act"/> names, not judged, in the order of their rows, after a row.
    /// </summary>
    public static IEnumerable<SessionRow> Find(SqliteLink link, string ownIssuer, Revocation act, long after = 0) =>
        act.Issuer == ownIssuer ? Find(link, IndexedAs(act.Match, ownIssuer), after) : [];

    /// <summary>
    /// The same, each row that is walked over; with the session, if its client has been told of logouts since before the act.
    /// </summary>
    public static IEnumerable<(long Number, Session? Told)> Walk(SqliteLink link, string ownIssuer, Revocation act, long after)
    {
        var match = IndexedAs(act.Match, ownIssuer);
        if (act.Issuer != ownIssuer || Selecting(match, first: 3) is not { } condition)
        {
            yield break;
        }

        var (source, number) = SourceOf(match);
        using var rows = link.Prepare(
            $"select {number}, client_id in (select id from clients where logout_since < ?2), {SessionRows.Columns} "
                + $"from {source} where {number} > ?1 and {condition} order by {number}")
            .Bind(after).Bind(act.Position).BindGiven(match.Name).BindGiven(match.Value);
        while (rows.Step())
        {
            yield return (rows.Int64(), rows.Int64() == 1 ? SessionRows.Read(rows, isToEnd: true).Session : null);
        }
    }

    private static IEnumerable<SessionRow> Find(SqliteLink link, Match match, long after, SessionsNamed? some = null)
    {
        if (Selecting(match, first: 2) is not { } condition)
        {
            yield break;
        }

        var (source, number) = SourceOf(match);
        var narrowed = some is null ? "" : " and created_at < ? and min(idle_expires_at, expires_at) > ?";
        using var rows = link.Prepare(
            $"select {SessionRows.Columns} from {source} where {number} > ?1 and {condition}{narrowed} order by {number}")
            .Bind(after).BindGiven(match.Name).BindGiven(match.Value);
        if (some is not null)
        {
            rows.Bind(some.StartedBefore).Bind(some.LivingAt);
        }

        while (rows.Step())
        {
            yield return SessionRows.Read(rows, isToEnd: true);
        }
    }

    // Each order is that of an index, which is read from there on.
    private static (string Source, string Number) SourceOf(Match match) => match.Kind is MatchKind.Tag
        ? ("session_tags cross join sessions on number = session", "session")
        : ("sessions", "number");

    /// <inheritdoc cref="Touching.IsTouched"/>
    public static bool IsTouched(SqliteLink link, string ownIssuer, Revocation act, Session session, long now) =>
        Touching.IsTouched(act, session, ownIssuer, now, facts => SqliteSessionActs.FindTouching(link, ownIssuer, facts, now));

    private static bool IsKnownKey(SqliteLink link, Match match)
    {
        using var row = link.Prepare("select 1 from keys where id = ?1 and state <> 5").Bind(match.Value ?? "");
        return match.Kind is MatchKind.Key && row.Step();
    }

    /// <summary>
    /// Whether more sessions than <paramref name="most"/>, living or not, are what <paramref name="named"/> names at
    /// our own issuer: looked up in an index alone, and no further than that.
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

        using var next = link.Prepare($"select 1 from {rows} limit 1 offset ?2").Bind(match.Value).Bind(most)
            .BindGiven(match.Name);
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
    private static string? Selecting(Match match, int first) => match.Kind switch
    {
        MatchKind.Session => $"id = ?{first}",
        MatchKind.Subject => $"subject = ?{first}",
        MatchKind.Client => $"client_id = ?{first}",
        MatchKind.Tag => $"name = ?{first} and value = ?{first + 1}",
        MatchKind.Key =>
            $"""
            last_refreshed_at >= (select active_from from keys where id = ?{first})
            and last_refreshed_at <= (select coalesce(retired_at, last_refreshed_at) from keys where id = ?{first})
            """,
        MatchKind.Issuer => "true",
        _ => null,
    };
}
