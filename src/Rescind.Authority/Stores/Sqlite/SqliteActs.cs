using System.Numerics;
using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>The acts: appended, lifted, amounting to the state of their match, and asked when a session is judged.</summary>
internal static class SqliteActs
{
    /// <summary>The most tags that a session may be started with.</summary>
    public const int MaxTags = 32;

    /// <summary>How many claims of a session one statement looks up, a power of two: few sessions have more.</summary>
    private const int ClaimsAtOnce = 16;

    private const string Standing = "select position from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 "
        + "and by_session = 0 and lifted_by is null and effect";

    private const string First = "order by rank desc, position desc limit 1";

    /// <summary>
    /// What can decide the state of a match: of each effect the act that wins, however many there are. What an act spares stays out of the state of
    /// its own match: there it amounts to nothing, and to an end or renew of each session it selected.
    /// </summary>
    public const string AmountingTo =
        $"""
        select {LogRows.Act} from acts where position in (
            select * from ({Standing} = 1 {First}) union all select * from ({Standing} = 2 {First})
            union all select * from ({Standing} = 3 {First}) union all select * from ({Standing} = 4 {First}))
        union all
        select {LogRows.Act} from selected cross join acts on position = act where session = ?4 and ?2 = 3 and issuer = ?1
        """;

    /// <summary>The newest <c>end</c> of ?5 on one match: one probe of its index, however many acts there are.</summary>
    public const string OwnEnd =
        $"""
        select {LogRows.Act} from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and lifted_by is null and by_session = 0 order by position desc limit 1
        """;

    private static readonly Probes DecidingProbes = Probes.Of(Deciding);
    private static readonly Probes TouchingProbes = Probes.Of(static (match, since, _) => Touching(match, since));

    /// <summary>The statements by which a refresh looks for what decides on it.</summary>
    public static IReadOnlyList<string> DecidingSql => [DecidingProbes.ByName, .. DecidingProbes.ByClaims];

    /// <summary>Appends an act, what its match amounts to now, and its audit entry.</summary>
    public static Revocation Append(SqliteLog log, RevocationDraft draft, string? subject = null) =>
        Append(log, draft, [], subject);

    /// <summary>
    /// Appends an act that spares sessions: one entry for each of <paramref name="sessions"/>, which it selected, and one of its own, all with
    /// it as their cause. Its own is the last, so whoever has applied its position has applied them all.
    /// </summary>
    /// <param name="log">The log of the transaction.</param>
    /// <param name="draft">What the caller wants.</param>
    /// <param name="sessions">The sessions that it selects, if it spares others.</param>
    /// <param name="subject">Whose session it names.</param>
    /// <param name="hit">How many living sessions it hits; null if nobody counted.</param>
    public static Revocation Append(
        SqliteLog log, RevocationDraft draft, IReadOnlyList<string> sessions, string? subject = null, long? hit = null)
    {
        LogPosition[] positions = [.. sessions.Select(_ => log.NextEntryPosition())];
        var act = ActOf(log, draft, log.NextEntryPosition()) with { Sessions = hit };
        Append(log, act, sessions.Zip(positions), draft.Origin, subject);
        return act;
    }

    /// <summary>Appends an act whose position a decision gave out.</summary>
    public static void AppendAt(SqliteLog log, LogPosition position, RevocationDraft draft, string? subject) =>
        Append(log, ActOf(log, draft, position), [], draft.Origin, subject);

    private static Revocation ActOf(SqliteLog log, RevocationDraft draft, LogPosition position) =>
        Acts.Of(draft, position, log.Second, log.FindIssuer(draft.Issuer), log.IsOwn(draft.Issuer));

    private static void Append(
        SqliteLog log, Revocation act, IEnumerable<(string Session, LogPosition Position)> named, Origin origin, string? subject)
    {
        Insert(log.Link, act, log.IsOwn(act.Issuer));
        foreach (var (session, _) in named)
        {
            Select(log.Link, act.Position, session);
        }

        if (act.Spread > 0)
        {
            SqliteSpread.Begin(log.Link, act);
        }

        foreach (var (session, position) in named)
        {
            AppendState(log, position, act.Issuer, Match.Session(session), act);
        }

        AppendState(log, act.Position, act.Issuer, act.Match, act.BySession ? null : act);
        log.Audit(act.Position, "revoked", origin, About(log, act, subject));
    }

    /// <summary>Takes an act back, and appends what each match that it touched amounts to without it: a tombstone, if that is nothing.</summary>
    public static Revocation Lift(SqliteLog log, Revocation act, Origin origin)
    {
        var sessions = Selected(log.Link, act.Position, act.Spread > 0 ? SqliteSpread.MostAtOnce : int.MaxValue);
        LogPosition[] positions = [.. sessions.Select(_ => log.NextEntryPosition())];
        var position = log.NextEntryPosition();
        log.Link.Prepare("update acts set lifted_by = ?1 where position = ?2").Bind(position).Bind(act.Position).Run();
        foreach (var (session, entry) in sessions.Zip(positions))
        {
            AppendStateAnew(log, entry, act.Issuer, Match.Session(session));
        }

        AppendStateAnew(log, position, act.Issuer, act.Match);
        if (act.Spread > 0)
        {
            SqliteSpread.GiveBack(log.Link, act, sessions);
        }

        log.Audit(position, "lifted", origin, About(log, act, null));
        return act with { LiftedBy = position };
    }

    public static Revocation? Find(SqliteLink link, LogPosition position)
    {
        using var row = link.Prepare($"select {LogRows.Act} from acts where position = ?1").Bind(position);
        return row.Step() ? LogRows.ReadAct(row) : null;
    }

    /// <summary>Acts, newest first.</summary>
    public static IReadOnlyList<Revocation> List(SqliteLink link, RevocationQuery query, LogPosition before, int limit)
    {
        var conditions = (query.Issuer is null ? "" : " and issuer = ?")
            + (query.Match is null ? "" : " and match_kind = ? and name = ? and value = ?")
            + (query.Actor is null ? "" : " and actor = ?");
        using var rows = link.Prepare($"select {LogRows.Act} from acts where position < ?1{conditions} order by position desc limit ?")
            .Bind(before == default ? LogPosition.MaxValue : before.Value).BindGiven(query.Issuer);
        var bound = query.Match is null ? rows : rows.Bind(query.Match);
        bound.BindGiven(query.Actor).Bind(limit);
        return [.. ReadAll(rows)];
    }

    /// <summary>Judges a session inside a transaction.</summary>
    public static Session Judged(SqliteLog log, Session session) => Judged(log.Link, log.Options.Issuer, session, log.Second);

    /// <summary>The session, and what ended it, by its row or by an act that can touch it, or else the block that is in force on it.</summary>
    public static Session Judged(SqliteLink link, string ownIssuer, Session session, long now)
    {
        if (session.EndedBy is not null)
        {
            return session;
        }

        var facts = session.FactsAt(ownIssuer);
        return SessionJudgement.Of(session, facts, FindTouching(link, ownIssuer, facts, now), now);
    }

    /// <summary>Judges a session by the acts that can touch it.</summary>
    public static SessionVerdict Judge(SqliteLink link, string ownIssuer, SessionFacts facts, long now) =>
        SessionJudge.Decide(facts, FindTouching(link, ownIssuer, facts, now), now);

    /// <summary>The acts that decide whether a session lives now.</summary>
    public static IReadOnlyList<Revocation> FindTouching(SqliteLink link, string ownIssuer, SessionFacts facts, long now) =>
        Probe(link, DecidingProbes, ownIssuer, facts, now);

    /// <summary>Judges a session as it stood just before <paramref name="act"/>: by the acts of then, those that were lifted since too.</summary>
    public static SessionVerdict JudgeBefore(SqliteLink link, string ownIssuer, SessionFacts facts, Revocation act) => SessionJudge.Decide(
        facts,
        Probe(link, TouchingProbes, ownIssuer, facts, act.At)
            .Where(earlier => earlier.Position < act.Position)
            .Select(earlier => earlier.LiftedBy > act.Position ? earlier with { LiftedBy = null } : earlier),
        act.At);

    /// <summary>The <c>end</c> on a subject of ours that reaches furthest, of those not taken back; what it spares is no matter here.</summary>
    public static Revocation? NewestEnd(SqliteLink link, string ownIssuer, string subject)
    {
        using var row = link.Prepare(
            $"""
            select {LogRows.Act} from acts indexed by acts_newest_end
            where issuer = ?1 and match_kind = 4 and value = ?2 and name = '' and effect = 1 and lifted_by is null
            order by second desc, position desc limit 1
            """).Bind(ownIssuer).Bind(subject);
        return row.Step() ? LogRows.ReadAct(row) : null;
    }

    /// <summary>
    /// The act that answers a draft which is to be recorded once: the actor's own, which ends exactly this match without a condition, was not
    /// taken back, and is remembered for as long as what the draft names can be used. Null if there is none.
    /// </summary>
    public static Revocation? FindStanding(SqliteLink link, string ownIssuer, RevocationDraft draft)
    {
        var end = OwnEnds.MayStand(draft) ? FindOwnEnd(link, draft.Issuer, draft.Match, draft.Origin.Actor) : null;
        return end is not null && OwnEnds.Stands(end, draft, SqliteLog.FindIssuer(link, draft.Issuer), draft.Issuer == ownIssuer) ? end : null;
    }

    /// <summary>The newest <c>end</c> by one actor on exactly one match that was not taken back and spares no session.</summary>
    public static Revocation? FindOwnEnd(SqliteLink link, string issuer, Match match, string actor)
    {
        using var row = link.Prepare(OwnEnd).Bind(issuer).Bind(match).Bind(actor);
        return row.Step() ? LogRows.ReadAct(row) : null;
    }

    private static void Insert(SqliteLink link, Revocation act, bool own) =>
        link.Prepare($"insert into acts ({LogRows.Act}, rank) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, null, ?12, ?13, ?14, ?15, ?16)")
            .Bind(act.Position).Bind(act.At).Bind(act.Issuer).Bind(act.Match).Bind((long)act.Effect).Bind(act.Second)
            .Bind(act.Reason).Bind(act.Actor).Bind(act.RememberUntil).Bind(act.BySession ? 1 : 0)
            .Bind(act.Except.Count == 0 ? null : SessionRows.WriteTexts(act.Except)).Bind(act.Sessions).Bind(act.Spread)
            .Bind(RankOf(act, own)).Run();

    /// <summary>By what acts of one effect on one match compare: at our own issuer ends and renewals by their positions, all others by their
    /// seconds.</summary>
    public static long RankOf(Revocation act, bool own) => own && act.Effect is Effect.End or Effect.Renew ? act.Position.Value : act.Second;

    /// <summary>Remembers that an act is carried by the entry of a session.</summary>
    public static void Select(SqliteLink link, LogPosition act, string session) =>
        link.Prepare("insert into selected (session, act) values (?1, ?2)").Bind(session).Bind(act).Run();

    /// <summary>Sessions by whose entries an act is carried.</summary>
    public static IReadOnlyList<string> Selected(SqliteLink link, LogPosition act, int limit = int.MaxValue)
    {
        using var rows = link.Prepare("select session from selected where act = ?1 limit ?2").Bind(act).Bind(limit);
        var sessions = new List<string>();
        while (rows.Step())
        {
            sessions.Add(rows.Text());
        }

        return sessions;
    }

    /// <summary>Appends what the acts on a match amount to with one more.</summary>
    public static void AppendState(SqliteLog log, LogPosition position, string issuer, Match match, Revocation? act)
    {
        var state = FindState(log.Link, issuer, match);
        Append(log, position, issuer, match, act is null ? state : state.Add(act, log.IsOwn(issuer)));
    }

    /// <summary>Appends what the acts on a match amount to now that one of them was taken back; its date stays.</summary>
    public static void AppendStateAnew(SqliteLog log, LogPosition position, string issuer, Match match)
    {
        using var acts = log.Link.Prepare(AmountingTo).Bind(issuer).Bind(match);
        var state = RevocationState.Of(ReadAll(acts), log.IsOwn(issuer));
        var remembered = FindState(log.Link, issuer, match).RememberUntil;
        Append(log, position, issuer, match, state with { RememberUntil = Math.Max(state.RememberUntil, remembered) });
    }

    private static RevocationState FindState(SqliteLink link, string issuer, Match match)
    {
        using var row = link.Prepare($"select {LogRows.Slots} from states where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4")
            .Bind(issuer).Bind(match);
        return row.Step() ? LogRows.ReadState(row) : RevocationState.Of([], ownIssuer: true);
    }

    private static void Append(SqliteLog log, LogPosition position, string issuer, Match match, RevocationState state)
    {
        log.Append(position, LogEntryKind.State, issuer, match, state, null);
        log.Link.Prepare(
            $"""
            insert or replace into states (issuer, match_kind, name, value, position, at, {LogRows.Slots})
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
            """)
            .Bind(issuer).Bind(match).Bind(position).Bind(log.Second).Bind(state).Run();
    }

    private static AuditSubject About(SqliteLog log, Revocation act, string? subject) => new(
        act.Issuer,
        act.Match,
        act.Effect,
        act.Reason,
        subject ?? (log.IsOwn(act.Issuer) && act.Match.Kind is MatchKind.Subject ? act.Match.Value : null),
        log.IsOwn(act.Issuer) && act.Match.Kind is MatchKind.Session ? act.Match.Value : null);

    private static IReadOnlyList<Revocation> Probe(SqliteLink link, Probes probes, string ownIssuer, SessionFacts facts, long now)
    {
        using var rows = link.Prepare(probes.ByName).Bind(ownIssuer).Bind(facts.Started).Bind(now)
            .Bind(facts.Id).Bind(facts.Subject).Bind(facts.ClientId);
        return [.. ReadAll(rows), .. facts.Tags.Chunk(ClaimsAtOnce).SelectMany(claims => ProbeClaims(link, probes, ownIssuer, facts, claims, now))];
    }

    private static List<Revocation> ProbeClaims(
        SqliteLink link, Probes probes, string ownIssuer, SessionFacts facts, SessionTag[] claims, long now)
    {
        var most = BitOperations.RoundUpToPowerOf2((uint)claims.Length);
        using var rows = link.Prepare(probes.ByClaims[BitOperations.Log2(most)]).Bind(ownIssuer).Bind(facts.Started).Bind(now);
        for (var i = 0; i < most; i++)
        {
            // No match has an empty name or value.
            rows.Bind(i < claims.Length ? claims[i].Name : "").Bind(i < claims.Length ? claims[i].Value : "");
        }

        return [.. ReadAll(rows)];
    }

    private static IEnumerable<Revocation> ReadAll(SqliteStatement rows)
    {
        while (rows.Step())
        {
            yield return LogRows.ReadAct(rows);
        }
    }

    // Of the ends that spare nobody and of the blocks that are in force one of each decides, the newest and the last; of those that spare some each
    // has to be looked at. What was taken back decides no more.
    private static string Deciding(string match, string since, bool isOneMatch)
    {
        return $"""
            {Winner("effect = 1", since, "order by rank desc limit 1")}
            union all select {LogRows.Act} from acts indexed by acts_sparing
            where effect = 1 and by_session = 1 and lifted_by is null and issuer = ?1 and {match} and position > {since}
            union all {Winner("effect = 4", "?3", "order by rank desc, position desc limit 1")}
            """;

        string Winner(string effect, string rank, string first) =>
            $"""
            select * from (select {LogRows.Act} from acts indexed by acts_rank
                where lifted_by is null and by_session = 0 and issuer = ?1 and {match} and {effect} and rank > {rank} {(isOneMatch ? first : "")})
            """;
    }

    private static string Touching(string match, string since) =>
        $"""
        select {LogRows.Act} from acts indexed by acts_deciding
        where effect in (1, 4) and issuer = ?1 and {match} and effect = 1 and position > {since}
        union all select {LogRows.Act} from acts indexed by acts_deciding
        where effect in (1, 4) and issuer = ?1 and {match} and effect = 4
        """;

    /// <summary>
    /// What finds the acts that can touch a session: a few probes of an index for each match, however many acts there are. An end below its start
    /// (?2) cannot touch it, and stays where it is, and so do blocks that are over (?3) and the renewals of the match.
    /// </summary>
    private sealed record Probes(string ByName, IReadOnlyList<string> ByClaims)
    {
        // UNION ALL because an OR is not always answered from the index.
        public static Probes Of(Func<string, string, bool, string> endsAndBlocks) => new(
            string.Join(" union all ",
                endsAndBlocks("match_kind = 3 and value = ?4 and name = ''", "0", true),
                endsAndBlocks("match_kind = 4 and value = ?5 and name = ''", "?2", true),
                endsAndBlocks("match_kind = 5 and value = ?6 and name = ''", "?2", true),
                endsAndBlocks("match_kind = 8 and value = '' and name = ''", "?2", true)),
            [.. Enumerable.Range(0, BitOperations.Log2(ClaimsAtOnce) + 1).Select(power =>
            {
                var claims = Enumerable.Range(0, 1 << power).Select(static claim => $"(?{4 + (2 * claim)}, ?{5 + (2 * claim)})");
                return endsAndBlocks($"match_kind = 6 and (name, value) in (values {string.Join(", ", claims)})", "?2", false);
            })]);
    }
}
