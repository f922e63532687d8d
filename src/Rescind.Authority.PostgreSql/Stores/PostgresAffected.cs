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
    public static async Task<IReadOnlyList<Session>> FindNamedAsync(PostgresLink link, string ownIssuer, SessionsNamed named) =>
        PostgresMatching.Of(named.Match, ownIssuer) is not { } match ? []
        : await link.ReadAsync(
            match.Bind(new PostgresStatement(
                $"select {SessionRows.Columns} from {match.Source} where {match.Number} > $1 and {match.Condition} "
                    + "and created_at < $3 and least(idle_expires_at, expires_at) > $4 "
                    + $"order by {match.Number} limit $5").Bind(0))
                .Bind(named.StartedBefore).Bind(named.LivingAt).Bind(named.Most),
            static row => SessionRows.Read(row, isToEnd: true).Session).ConfigureAwait(false);

    /// <summary>
    /// The first sessions that are what <paramref name="act"/> names, not judged, in the order of their rows, after a row.
    /// </summary>
    public static Task<List<SessionRow>> FindAsync(PostgresLink link, string ownIssuer, Revocation act, long after = 0) =>
        ReadAsync(link, ownIssuer, act, after, SessionRows.Columns, static row => SessionRows.Read(row, isToEnd: true));

    /// <summary>
    /// The same, the number of each row that is walked over; with the session, if its client has been told of logouts since
    /// before the act.
    /// </summary>
    public static Task<List<(long Number, Session? Told)>> WalkAsync(
        PostgresLink link, string ownIssuer, Revocation act, long after) => ReadAsync(
        link, ownIssuer, act, after,
        $"number, client_id in (select id from clients where logout_since < {act.Position.Value}), {SessionRows.Columns}",
        static row => (row.Int64(), row.Bool() ? SessionRows.Read(row, isToEnd: true).Session : null));

    private static async Task<List<T>> ReadAsync<T>(
        PostgresLink link, string ownIssuer, Revocation act, long after, string columns, Func<PostgresRow, T> read) =>
        act.Issuer != ownIssuer || PostgresMatching.Of(act.Match, ownIssuer) is not { } match ? []
        : await link.ReadAsync(
            match.Bind(new PostgresStatement(
                $"select {columns} from {match.Source} where {match.Number} > $1 and {match.Condition} "
                    + $"order by {match.Number} limit {MostAtOnce}").Bind(after)),
            read).ConfigureAwait(false);

    private static async Task<bool> IsKnownKeyAsync(PostgresLink link, Match match) => match.Kind is MatchKind.Key
        && await link.HasAsync(new PostgresStatement("select 1 from keys where id = $1 and state <> 5").Bind(match.Value))
            .ConfigureAwait(false);

    /// <summary>
    /// Whether more sessions than <paramref name="most"/>, living or not, are what <paramref name="named"/> names at
    /// our own issuer: looked up in an index alone, and no further than that.
    /// </summary>
    public static async Task<bool> IsMoreThanAsync(PostgresLink link, string ownIssuer, Match named, long most) =>
        PostgresMatching.AtMost(named, ownIssuer) is { } match
        && await link.HasAsync(match.Bind(new PostgresStatement(
            $"select 1 from {match.Table} where {match.Condition} offset $1 limit 1").Bind(most))).ConfigureAwait(false);
}
