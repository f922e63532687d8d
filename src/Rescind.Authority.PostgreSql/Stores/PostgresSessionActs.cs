using Rescind.Authority.Decisions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// The acts that decide whether sessions live: one statement for as many sessions as are asked about. On each of their
/// matches the acts that win are found by a few probes of an index, however many acts there are. Acts that spare some
/// sessions are looked up by the session.
/// </summary>
internal static class PostgresSessionActs
{
    /// <summary>
    /// Of each match the newest end since its second, and of the blocks that are not over at $4 the last; of each session
    /// the newest end that selected it.
    /// </summary>
    public const string Winning =
        $"""
        select asked.session, false, act.* from unnest($1::bigint[], $2::bytea[], $3::bigint[]) as asked(session, key, since)
        cross join lateral (
            (select {LogRows.Act} from acts where key = asked.key and effect = 1 and lifted_by is null and not by_session
                and rank > asked.since order by rank desc limit 1)
            union all
            (select {LogRows.Act} from acts where key = asked.key and effect = 4 and lifted_by is null and not by_session
                and rank > $4 order by rank desc, position desc limit 1)) as act
        union all
        select asked.session - 1, true, act.* from unnest($5::text[]) with ordinality as asked(id, session)
        cross join lateral (
            select {LogRows.Act} from selected join acts on position = act
            where selected.session = asked.id and act_effect = 1 and lifted_by is null order by act desc limit 1) as act
        """;

    // The newest ends since its second and the newest blocks, all before $4, those that were taken back too.
    private static readonly string Earlier =
        $"""
        select asked.session, false, act.* from unnest($1::bigint[], $2::bytea[], $3::bigint[]) as asked(session, key, since)
        cross join lateral (
            (select {LogRows.Act} from acts where key = asked.key and effect = 1 and effect in (1, 4)
                and position > asked.since and position < $4 order by position desc limit {Touching.MostEarlier})
            union all
            (select {LogRows.Act} from acts where key = asked.key and effect = 4 and effect in (1, 4)
                and position < $4 order by position desc limit {Touching.MostEarlier})) as act
        """;

    /// <summary>A statement with <see cref="Winning"/> in it, and what that is told.</summary>
    public static PostgresStatement AskWinning(
        string ownIssuer, IReadOnlyList<SessionFacts> sessions, long now, string sql) =>
        Ask(sql, ownIssuer, sessions).Bind(now).Bind(sessions.Select(static facts => facts.Id));

    /// <summary>The acts that decide whether a session lives now.</summary>
    public static async Task<IReadOnlyList<Revocation>> FindTouchingAsync(
        PostgresLink link, string ownIssuer, SessionFacts facts, long now) =>
        (await FindTouchingAsync(link, ownIssuer, [facts], now).ConfigureAwait(false))[0];

    /// <summary>The acts that decide whether each of several sessions lives now.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<Revocation>>> FindTouchingAsync(
        PostgresLink link, string ownIssuer, IReadOnlyList<SessionFacts> sessions, long now)
    {
        var query = AskWinning(ownIssuer, sessions, now, Winning);

        // That it was selected is decided: dates that were corrected since do not spare it.
        return await FindAsync(link, query, sessions.Count, static (act, isSelected) =>
            isSelected ? act with { BySession = false } : act).ConfigureAwait(false);
    }

    /// <summary>
    /// The acts that decided whether sessions lived just before <paramref name="act"/>: the newest of then, those that
    /// were lifted since too. Where very many came before it on one match and were all lifted or over, an older one
    /// that ended the session is not seen: then it seems to have lived.
    /// </summary>
    public static Task<IReadOnlyList<IReadOnlyList<Revocation>>> FindEarlierAsync(
        PostgresLink link, string ownIssuer, IReadOnlyList<SessionFacts> sessions, Revocation act) =>
        FindAsync(
            link, Ask(Earlier, ownIssuer, sessions).Bind(act.Position), sessions.Count,
            (earlier, _) => Touching.AsBefore(earlier, act));

    /// <summary>Sessions with what ended them, by their rows or by acts, or else the blocks that are in force on them.</summary>
    public static async Task<IReadOnlyList<Session>> JudgedAsync(
        PostgresLink link, string ownIssuer, IReadOnlyList<Session> sessions, long now)
    {
        var open = sessions.Where(static session => session.EndedBy is null)
            .Select(session => (Session: session, Facts: session.FactsAt(ownIssuer))).ToList();
        if (open.Count == 0)
        {
            return sessions;
        }

        var acts = await FindTouchingAsync(
            link, ownIssuer, [.. open.Select(static one => one.Facts)], now).ConfigureAwait(false);
        var judged = new Queue<Session>(
            open.Select((one, index) => SessionJudgement.Of(one.Session, one.Facts, acts[index], now)));
        return [.. sessions.Select(session => session.EndedBy is null ? judged.Dequeue() : session)];
    }

    private static PostgresStatement Ask(string sql, string ownIssuer, IReadOnlyList<SessionFacts> sessions)
    {
        var asked = sessions.SelectMany((facts, index) => SessionJudge.MatchesOf(facts).Select(match => (
            Session: (long)index, Key: MatchKey.Of(ownIssuer, match), Since: Touching.SinceOf(match, facts).Value))).ToList();
        return new PostgresStatement(sql).Bind([.. asked.Select(static one => one.Session)])
            .Bind([.. asked.Select(static one => one.Key)]).Bind([.. asked.Select(static one => one.Since)]);
    }

    private static async Task<IReadOnlyList<IReadOnlyList<Revocation>>> FindAsync(
        PostgresLink link, PostgresStatement query, int sessions, Func<Revocation, bool, Revocation> change)
    {
        var acts = Enumerable.Range(0, sessions).Select(static _ => new List<Revocation>()).ToArray();
        foreach (var (session, isSelected, act) in await link.ReadAsync(
            query, static row => (row.Int64(), row.Bool(), LogRows.ReadAct(row))).ConfigureAwait(false))
        {
            acts[session].Add(change(act, isSelected));
        }

        return acts;
    }
}
