using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Which living sessions an act touches: judged with the algebra that refuses them later.</summary>
internal static class PostgresAffected
{
    /// <summary>How many sessions are looked at at once.</summary>
    public const int MostAtOnce = 500;

    /// <summary>
    /// How many sessions that live at <paramref name="now"/> are what <paramref name="act"/> selects: those that it
    /// would touch, or, after its lift, those that it gave back. Unknown if they are more than
    /// <paramref name="budget"/> allows to look at.
    /// </summary>
    public static async Task<AffectedSessions> CountAsync(
        PostgresLink link, string ownIssuer, Revocation act, long now, CountBudget budget)
    {
        if (act.Issuer == ownIssuer
            && await IsMoreThanAsync(link, ownIssuer, act.Match, budget.MaxSessions).ConfigureAwait(false))
        {
            return AffectedSessions.Uncounted;
        }

        var (living, any) = (0L, false);
        for (var after = 0L; ;)
        {
            var rows = await FindAsync(link, ownIssuer, act, after).ConfigureAwait(false);
            if (!rows.TrueForAll(_ => budget.TryLook()))
            {
                return AffectedSessions.Uncounted;
            }

            any |= rows.Count > 0;
            var touched = await AreTouchedAsync(link, ownIssuer, act, rows, now).ConfigureAwait(false);
            living += touched.Count(static isTouched => isTouched);
            if (rows.Count < MostAtOnce)
            {
                return new(living, any || !Touching.IsKnowable(act, ownIssuer)
                    || await IsKnownKeyAsync(link, act.Match).ConfigureAwait(false));
            }

            after = rows[^1].Number;
        }
    }

    /// <summary>Whether an act touches each of some sessions that it names.</summary>
    public static async Task<IReadOnlyList<bool>> AreTouchedAsync(
        PostgresLink link, string ownIssuer, Revocation act, IReadOnlyList<SessionRow> rows, long now)
    {
        if (rows.Count == 0)
        {
            return [];
        }

        var deciding = await PostgresSessionActs.FindTouchingAsync(
            link, ownIssuer, [.. rows.Select(row => row.Session.FactsAt(ownIssuer))], now).ConfigureAwait(false);
        return [.. rows.Select((row, index) =>
            Touching.IsTouched(act, row.Session, ownIssuer, now, _ => deciding[index]))];
    }

    /// <inheritdoc cref="SessionsNamed"/>
    public static async Task<IReadOnlyList<Session>> FindNamedAsync(PostgresLink link, string ownIssuer, Match match)
    {
        var sessions = new List<Session>();
        for (var after = 0L; ;)
        {
            var rows = await FindAsync(link, ownIssuer, match, after, toldBefore: null).ConfigureAwait(false);
            sessions.AddRange(rows.Select(static row => row.Session));
            if (rows.Count < MostAtOnce)
            {
                return sessions;
            }

            after = rows[^1].Number;
        }
    }

    /// <summary>
    /// The first sessions that are what <paramref name="act"/> names, not judged, in the order of their rows, after a
    /// row: all, or those of clients that have been told of logouts since before the act.
    /// </summary>
    public static Task<List<SessionRow>> FindAsync(
        PostgresLink link, string ownIssuer, Revocation act, long after = 0, bool ofToldClients = false) =>
        act.Issuer == ownIssuer
            ? FindAsync(link, ownIssuer, act.Match, after, ofToldClients ? act.Position : null)
            : Task.FromResult<List<SessionRow>>([]);

    private static async Task<List<SessionRow>> FindAsync(
        PostgresLink link, string ownIssuer, Match named, long after, LogPosition? toldBefore)
    {
        var match = IndexedAs(named, ownIssuer);
        var told = toldBefore is null ? "" : " and client_id in (select id from clients where logout_since < $3)";
        var query = SelectingSql(match) is { } rows
            ? new PostgresStatement($"select {SessionRows.Columns} from {rows}{told} order by number limit {MostAtOnce}")
            : null;
        if (query is null)
        {
            return [];
        }

        query = match.Kind is MatchKind.Tag
            ? query.Bind(after).Bind(MatchKey.Of(ownIssuer, match))
            : query.Bind(after).Bind(match.Value ?? "");
        return await link.ReadAsync(
            toldBefore is { } position ? query.Bind(position) : query,
            static row => SessionRows.Read(row, isToEnd: true)).ConfigureAwait(false);
    }

    private static async Task<bool> IsKnownKeyAsync(PostgresLink link, Match match) => match.Kind is MatchKind.Key
        && await link.HasAsync(new PostgresStatement("select 1 from keys where id = $1 and state <> 5").Bind(match.Value))
            .ConfigureAwait(false);

    /// <summary>
    /// Whether more sessions than <paramref name="most"/>, living or not, are what <paramref name="named"/> names at
    /// our own issuer: looked up in an index alone, and no further than that.
    /// </summary>
    public static async Task<bool> IsMoreThanAsync(PostgresLink link, string ownIssuer, Match named, long most)
    {
        var match = IndexedAs(named, ownIssuer);
        var query = match.Kind switch
        {
            MatchKind.Subject => Counting("sessions where subject = $2").Bind(most).Bind(match.Value),
            MatchKind.Client => Counting("sessions where client_id = $2").Bind(most).Bind(match.Value),
            MatchKind.Tag => Counting("session_tags where key = $2").Bind(most).Bind(MatchKey.Of(ownIssuer, match)),
            MatchKind.Key or MatchKind.Issuer => Counting("sessions").Bind(most),
            _ => null,
        };
        return query is not null && await link.HasAsync(query).ConfigureAwait(false);
    }

    private static PostgresStatement Counting(string rows) => new($"select 1 from {rows} offset $1 limit 1");

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
    private static string? SelectingSql(Match match) => match.Kind switch
    {
        MatchKind.Session => "sessions where number > $1 and id = $2",
        MatchKind.Subject => "sessions where number > $1 and subject = $2",
        MatchKind.Client => "sessions where number > $1 and client_id = $2",
        MatchKind.Tag => "session_tags join sessions on number = session where session > $1 and key = $2",
        MatchKind.Key =>
            """
            sessions where number > $1 and last_refreshed_at >= (select active_from from keys where id = $2)
            and last_refreshed_at <= (select coalesce(retired_at, last_refreshed_at) from keys where id = $2)
            """,
        MatchKind.Issuer => "sessions where number > $1 and $2::text is not null",
        _ => null,
    };
}
