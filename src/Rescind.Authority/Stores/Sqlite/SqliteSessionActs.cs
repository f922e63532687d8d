using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The acts that decide whether a session lives. One statement says on which of its matches there are any acts at all,
/// mostly on none; on each of those the acts that win are found by a few probes of an index, however many acts there
/// are. Acts that spare some sessions are looked up by the session.
/// </summary>
internal static class SqliteSessionActs
{
    /// <summary>How many matches one statement looks up: few sessions have more.</summary>
    private const int MatchesAtOnce = 32;

    private static readonly IReadOnlyList<string> ActedOn = [.. Enumerable.Range(1, MatchesAtOnce).Select(ActedOnSql)];

    private const string OfMatch = "issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4";

    // The newest end since ?5, and of the blocks that are not over at ?6 the last.
    private const string Winning =
        $"""
        select * from (select {LogRows.Act} from acts indexed by acts_rank
            where lifted_by is null and by_session = 0 and {OfMatch} and effect = 1 and rank > ?5 order by rank desc limit 1)
        union all
        select * from (select {LogRows.Act} from acts indexed by acts_rank
            where lifted_by is null and by_session = 0 and {OfMatch} and effect = 4 and rank > ?6
            order by rank desc, position desc limit 1)
        """;

    // The newest ends since ?5 and the newest blocks, all before ?6, those that were taken back too.
    private static readonly string Earlier =
        $"""
        select * from (select {LogRows.Act} from acts indexed by acts_deciding
            where effect in (1, 4) and {OfMatch} and effect = 1 and position > ?5 and position < ?6
            order by position desc limit {Touching.MostEarlier})
        union all
        select * from (select {LogRows.Act} from acts indexed by acts_deciding
            where effect in (1, 4) and {OfMatch} and effect = 4 and position < ?6
            order by position desc limit {Touching.MostEarlier})
        """;

    /// <summary>The statements by which a refresh looks for what decides on it.</summary>
    public static IReadOnlyList<string> DecidingSql => [.. ActedOn, Winning, SqliteSelected.NewestEnd];

    /// <summary>
    /// The session, and what ended it, by its row or by an act that can touch it, or else the block that is in force on it.
    /// </summary>
    public static Session Judged(SqliteLink link, string ownIssuer, Session session, long now)
    {
        if (session.EndedBy is not null)
        {
            return session;
        }

        var facts = session.FactsAt(ownIssuer);
        return SessionJudgement.Of(session, facts, FindTouching(link, ownIssuer, facts, now), now);
    }

    /// <summary>The acts that decide whether a session lives now.</summary>
    public static IReadOnlyList<Revocation> FindTouching(SqliteLink link, string ownIssuer, SessionFacts facts, long now)
    {
        // That it was selected is decided: dates that were corrected since do not spare it.
        var acts = SqliteSelected.FindNewestEnd(link, facts.Id) is { } end
            ? [end with { BySession = false }]
            : new List<Revocation>();
        foreach (var match in FindActedOn(link, ownIssuer, facts))
        {
            acts.AddRange(link.Prepare(Winning).Bind(ownIssuer).Bind(match).Bind(Touching.SinceOf(match, facts)).Bind(now)
                .ReadAll(LogRows.ReadAct));
        }

        return acts;
    }

    /// <summary>
    /// The acts that decided whether a session lived just before <paramref name="act"/>: the newest of then, those that
    /// were lifted since too. Where very many came before it on one match and were all lifted or over, an older one
    /// that ended the session is not seen: then it seems to have lived.
    /// </summary>
    public static IReadOnlyList<Revocation> FindEarlier(SqliteLink link, string ownIssuer, SessionFacts facts, Revocation act)
    {
        var acts = new List<Revocation>();
        foreach (var match in FindActedOn(link, ownIssuer, facts))
        {
            var earlier = link.Prepare(Earlier).Bind(ownIssuer).Bind(match).Bind(Touching.SinceOf(match, facts))
                .Bind(act.Position).ReadAll(LogRows.ReadAct);
            acts.AddRange(earlier.Select(before => Touching.AsBefore(before, act)));
        }

        return acts;
    }

    private static List<Match> FindActedOn(SqliteLink link, string ownIssuer, SessionFacts facts)
    {
        var found = new List<Match>();
        foreach (var matches in SessionJudge.MatchesOf(facts).Chunk(MatchesAtOnce))
        {
            using var rows = link.Prepare(ActedOn[matches.Length - 1]).Bind(ownIssuer);
            foreach (var match in matches)
            {
                rows.Bind(match);
            }

            while (rows.Step())
            {
                found.Add(matches[(int)rows.Int64()]);
            }
        }

        return found;
    }

    private static string ActedOnSql(int matches)
    {
        var asked = Enumerable.Range(0, matches).Select(static i => $"({i}, ?{2 + (3 * i)}, ?{3 + (3 * i)}, ?{4 + (3 * i)})");
        return $"""
            select column1 from (values {string.Join(", ", asked)}) where exists (
                select 1 from acts indexed by acts_match
                where issuer = ?1 and match_kind = column2 and name = column3 and value = column4)
            """;
    }
}
