using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The acts as rows, and the states of their matches.</summary>
internal static class PostgresActs
{
    private const string Standing =
        $"select {LogRows.Act} from acts where key = $1 and not by_session and lifted_by is null and position <> $2 and effect";

    private const string First = "order by rank desc, position desc limit 1";

    // What can decide the state of a match without $2: of each effect the act that wins, however many there are.
    private const string AmountingTo =
        $"""
        (({Standing} = 1 {First}) union all ({Standing} = 2 {First})
        union all ({Standing} = 3 {First}) union all ({Standing} = 4 {First}))
        """;

    private static readonly NarrowedList<Revocation> Listed = new(
        "acts", LogRows.Act, NewestFirst: true, LogRows.ReadAct, static act => (act.Position, JsonLength.Of(act)));

    public static PostgresStatement Insert(Revocation act, bool own) => new PostgresStatement(
        $"insert into acts ({LogRows.Act}, key, rank) "
            + "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, null, $12, $13, $14, $15, $16, $17)")
        .Bind(act.Position).Bind(act.At).Bind(act.Issuer).Bind(act.Match).Bind((long)act.Effect).Bind(act.Second)
        .Bind(act.Reason).Bind(act.Actor).Bind(act.RememberUntil).Bind(act.BySession)
        .Bind(act.Except.Count == 0 ? null : StoredJson.WriteTexts(act.Except)).Bind(act.Sessions).Bind(act.Spread)
        .Bind(MatchKey.Of(act.Issuer, act.Match)).Bind(Acts.RankOf(act, own));

    public static PostgresStatement Lift(LiftAct lifted) =>
        new PostgresStatement("update acts set lifted_by = $1 where position = $2").Bind(lifted.By).Bind(lifted.Act);

    public static PostgresStatement Count(CountAct counted) =>
        new PostgresStatement("update acts set sessions = $1 where position = $2").Bind(counted.Sessions).Bind(counted.Act);

    public static PostgresStatement Move(Revocation act, bool own) =>
        new PostgresStatement("update acts set by_session = $1, second = $2, rank = $3 where position = $4")
            .Bind(act.BySession).Bind(act.Second).Bind(Acts.RankOf(act, own)).Bind(act.Position);

    public static Task<Revocation?> FindAsync(PostgresLink link, LogPosition position) => link.FindAsync(
        new PostgresStatement($"select {LogRows.Act} from acts where position = $1").Bind(position), LogRows.ReadAct);

    /// <summary>Acts, newest first.</summary>
    public static Task<ListPage<Revocation>> ListAsync(
        PostgresLink link, RevocationQuery query, LogPosition before, int limit) => Listed.PageAsync(
            link, [.. NarrowingsOf(query)], before == default ? new(LogPosition.MaxValue) : before, limit);

    /// <inheritdoc cref="FurthestEndOf"/>
    public static Task<Revocation?> FindFurthestEndAsync(PostgresLink link, string ownIssuer, string subject) => link.FindAsync(
        new PostgresStatement(
            $"""
            select {LogRows.Act} from acts where key = $1 and match_kind = 4 and effect = 1 and lifted_by is null
            order by second desc, position desc limit 1
            """).Bind(MatchKey.Of(ownIssuer, Match.Subject(subject))),
        LogRows.ReadAct);

    /// <inheritdoc cref="OldestEndOf"/>
    public static Task<Revocation?> FindOldestEndAsync(PostgresLink link, string ownIssuer, OldestEndOf end) => link.FindAsync(
        new PostgresStatement(
            $"""
            select {LogRows.Act} from acts where key = $1 and effect = 1 and lifted_by is null and not by_session
            and position <> $2 order by rank limit 1
            """).Bind(MatchKey.Of(ownIssuer, Match.Session(end.SessionId))).Bind(end.Without),
        LogRows.ReadAct);

    /// <inheritdoc cref="NewestOwnEnd"/>
    public static Task<Revocation?> FindOwnEndAsync(PostgresLink link, NewestOwnEnd end) => link.FindAsync(
        new PostgresStatement(
            $"""
            select {LogRows.Act} from acts where key = $1 and actor = $2
            and effect = 1 and lifted_by is null and not by_session order by position desc limit 1
            """).Bind(MatchKey.Of(end.Issuer, end.Match)).Bind(end.Actor),
        LogRows.ReadAct);

    /// <inheritdoc cref="OwnSparingEnds"/>
    public static async Task<IReadOnlyList<Revocation>> FindOwnSparingEndsAsync(PostgresLink link, OwnSparingEnds ends) =>
        await link.ReadAsync(
            new PostgresStatement(
                $"""
                select {LogRows.Act} from acts where key = $1 and actor = $2
                and effect = 1 and lifted_by is null and by_session order by position desc limit 16
                """).Bind(MatchKey.Of(ends.Issuer, ends.Match)).Bind(ends.Actor),
            LogRows.ReadAct).ConfigureAwait(false);

    /// <summary>
    /// What an act spares stays out of the state of its own match: there it amounts to nothing, and to an end or renew
    /// of each session it selected.
    /// </summary>
    public static async Task<IReadOnlyList<Revocation>> FindOnAsync(PostgresLink link, string ownIssuer, ActsOn acts)
    {
        var isOwnSession = acts.Match.Kind is MatchKind.Session && acts.Issuer == ownIssuer;
        var query = new PostgresStatement(!isOwnSession ? AmountingTo
            : $"{AmountingTo} union all ({PostgresSelected.Newest(Effect.End, "$3", without: "$2")}) "
                + $"union all ({PostgresSelected.Newest(Effect.Renew, "$3", without: "$2")})")
            .Bind(MatchKey.Of(acts.Issuer, acts.Match)).Bind(acts.Without);
        return await link.ReadAsync(isOwnSession ? query.Bind(acts.Match.Value) : query, LogRows.ReadAct).ConfigureAwait(false);
    }

    /// <inheritdoc cref="StateOf"/>
    public static async Task<RevocationState> FindStateAsync(PostgresLink link, StateOf state) => await link.FindAsync(
        new PostgresStatement($"select {LogRows.Slots} from states where key = $1").Bind(MatchKey.Of(state.Issuer, state.Match)),
        LogRows.ReadState).ConfigureAwait(false) ?? RevocationState.Of([], ownIssuer: true);

    private static IEnumerable<NarrowedBy> NarrowingsOf(RevocationQuery query)
    {
        // An act on a match of one issuer is found by the digest of both.
        if (query is { Match: { } exactly, Issuer: { } of })
        {
            yield return new("key = ?", rows => rows.Bind(MatchKey.Of(of, exactly)));
        }
        else if (query.Match is { } match)
        {
            yield return new(
                "match_kind = ? and name = ? and value = ? and left(value, 100) = left(?, 100)",
                rows => rows.Bind(match).Bind(match.Value ?? ""));
        }

        if (query.Actor is { } actor)
        {
            yield return new("actor = ?", rows => rows.Bind(actor));
        }

        if (query is { Match: null, Issuer: { } issuer })
        {
            yield return new("issuer = ?", rows => rows.Bind(issuer));
        }
    }
}
