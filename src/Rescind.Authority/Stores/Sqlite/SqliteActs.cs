using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>The acts as rows, and the states of their matches.</summary>
internal static class SqliteActs
{
    private const string Standing =
        "select position from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 "
        + "and by_session = 0 and lifted_by is null and position <> ?5 and effect";

    private const string First = "order by rank desc, position desc limit 1";

    /// <summary>
    /// What can decide the state of a match without ?5: of each effect the act that wins, however many there are. What
    /// an act spares stays out of the state of its own match: there it amounts to nothing, and to an end or renew of
    /// each session it selected.
    /// </summary>
    public static readonly string AmountingTo =
        $"""
        select {LogRows.Act} from acts where position in (
            select * from ({Standing} = 1 {First}) union all select * from ({Standing} = 2 {First})
            union all select * from ({Standing} = 3 {First}) union all select * from ({Standing} = 4 {First}))
        union all select * from ({SqliteSelected.Newest(Effect.End, "?4", without: "?5")}) where ?2 = 3 and issuer = ?1
        union all select * from ({SqliteSelected.Newest(Effect.Renew, "?4", without: "?5")}) where ?2 = 3 and issuer = ?1
        """;

    /// <summary>The newest <c>end</c> of ?5 on one match: one probe of its index, however many acts there are.</summary>
    public const string OwnEnd =
        $"""
        select {LogRows.Act} from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and lifted_by is null and by_session = 0 order by position desc limit 1
        """;

    // Whoever spares other sessions each time is not asked about all of them.
    private const string OwnSparing =
        $"""
        select {LogRows.Act} from acts indexed by acts_sparing
        where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and by_session = 1 and lifted_by is null order by position desc limit 16
        """;

    private static readonly PagedRows<Revocation> Listed = new(
        "acts", LogRows.Act, NewestFirst: true, LogRows.ReadAct, static act => (act.Position, JsonLength.Of(act)));

    public static void Add(SqliteLink link, Revocation act, bool own) =>
        link.Prepare($"insert into acts ({LogRows.Act}, rank) "
            + "values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, null, ?12, ?13, ?14, ?15, ?16)")
            .Bind(act.Position).Bind(act.At).Bind(act.Issuer).Bind(act.Match).Bind((long)act.Effect).Bind(act.Second)
            .Bind(act.Reason).Bind(act.Actor).Bind(act.RememberUntil).Bind(act.BySession ? 1 : 0)
            .Bind(act.Except.Count == 0 ? null : StoredJson.WriteTexts(act.Except)).Bind(act.Sessions).Bind(act.Spread)
            .Bind(Acts.RankOf(act, own)).Run();

    public static void Lift(SqliteLink link, LiftAct lifted) =>
        link.Prepare("update acts set lifted_by = ?1 where position = ?2").Bind(lifted.By).Bind(lifted.Act).Run();

    public static void Count(SqliteLink link, LogPosition act, long sessions) =>
        link.Prepare("update acts set sessions = ?1 where position = ?2").Bind(sessions).Bind(act).Run();

    public static void Move(SqliteLink link, Revocation act, bool own) =>
        link.Prepare("update acts set by_session = ?1, second = ?2, rank = ?3 where position = ?4")
            .Bind(act.BySession ? 1 : 0).Bind(act.Second).Bind(Acts.RankOf(act, own)).Bind(act.Position).Run();

    public static Revocation? Find(SqliteLink link, LogPosition position) =>
        link.Prepare($"select {LogRows.Act} from acts where position = ?1").Bind(position).Find(LogRows.ReadAct);

    /// <summary>Acts, newest first.</summary>
    public static ListPage<Revocation> List(SqliteLink link, RevocationQuery query, LogPosition before, int limit) =>
        Listed.Page(link, [.. NarrowingsOf(query)], before == default ? new(LogPosition.MaxValue) : before, limit);

    private static IEnumerable<NarrowedBy> NarrowingsOf(RevocationQuery query)
    {
        if (query is { Match: { } exactly, Issuer: { } of })
        {
            yield return new(
                "acts_match", "issuer = ? and match_kind = ? and name = ? and value = ?", rows => rows.Bind(of).Bind(exactly));
        }
        else if (query.Match is { } match)
        {
            yield return new("acts_named", "match_kind = ? and name = ? and value = ?", rows => rows.Bind(match));
        }

        if (query.Actor is { } actor)
        {
            yield return new("acts_actor", "actor = ?", rows => rows.Bind(actor));
        }

        if (query is { Match: null, Issuer: { } issuer })
        {
            yield return new("acts_issuer", "issuer = ?", rows => rows.Bind(issuer));
        }
    }

    /// <inheritdoc cref="FurthestEndOf"/>
    public static Revocation? FindFurthestEnd(SqliteLink link, string ownIssuer, string subject) => link.Prepare(
        $"""
        select {LogRows.Act} from acts indexed by acts_newest_end
        where issuer = ?1 and match_kind = 4 and value = ?2 and name = '' and effect = 1 and lifted_by is null
        order by second desc, position desc limit 1
        """).Bind(ownIssuer).Bind(subject).Find(LogRows.ReadAct);

    /// <inheritdoc cref="OldestEndOf"/>
    public static Revocation? FindOldestEnd(SqliteLink link, string ownIssuer, OldestEndOf end) => link.Prepare(
        $"""
        select {LogRows.Act} from acts indexed by acts_rank
        where issuer = ?1 and match_kind = 3 and value = ?2 and name = '' and effect = 1
        and lifted_by is null and by_session = 0 and position <> ?3 order by rank limit 1
        """).Bind(ownIssuer).Bind(end.SessionId).Bind(end.Without).Find(LogRows.ReadAct);

    /// <inheritdoc cref="NewestOwnEnd"/>
    public static Revocation? FindOwnEnd(SqliteLink link, NewestOwnEnd end) =>
        link.Prepare(OwnEnd).Bind(end.Issuer).Bind(end.Match).Bind(end.Actor).Find(LogRows.ReadAct);

    /// <inheritdoc cref="OwnSparingEnds"/>
    public static IReadOnlyList<Revocation> FindOwnSparingEnds(SqliteLink link, OwnSparingEnds ends) =>
        link.Prepare(OwnSparing).Bind(ends.Issuer).Bind(ends.Match).Bind(ends.Actor).ReadAll(LogRows.ReadAct);

    /// <inheritdoc cref="ActsOn"/>
    public static IReadOnlyList<Revocation> FindOn(SqliteLink link, ActsOn acts) =>
        link.Prepare(AmountingTo).Bind(acts.Issuer).Bind(acts.Match).Bind(acts.Without).ReadAll(LogRows.ReadAct);

    /// <inheritdoc cref="StateOf"/>
    public static RevocationState FindState(SqliteLink link, string issuer, Match match) => link.Prepare(
        $"select {LogRows.Slots} from states where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4")
        .Bind(issuer).Bind(match).Find(LogRows.ReadState) ?? RevocationState.Of([], ownIssuer: true);
}
