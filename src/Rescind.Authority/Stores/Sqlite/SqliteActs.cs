using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>The acts: appended, lifted, and amounting to the state of their match.</summary>
internal static class SqliteActs
{
    /// <summary>The most tags that a session may be started with.</summary>
    public const int MaxTags = 32;

    private const string Standing = "select position from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 "
        + "and by_session = 0 and lifted_by is null and effect";

    private const string First = "order by rank desc, position desc limit 1";

    /// <summary>
    /// What can decide the state of a match: of each effect the act that wins, however many there are. What an act spares stays out of the state of
    /// its own match: there it amounts to nothing, and to an end or renew of each session it selected.
    /// </summary>
    public static readonly string AmountingTo =
        $"""
        select {LogRows.Act} from acts where position in (
            select * from ({Standing} = 1 {First}) union all select * from ({Standing} = 2 {First})
            union all select * from ({Standing} = 3 {First}) union all select * from ({Standing} = 4 {First}))
        union all select * from ({SqliteSelected.Newest(Effect.End, "?4")}) where ?2 = 3 and issuer = ?1
        union all select * from ({SqliteSelected.Newest(Effect.Renew, "?4")}) where ?2 = 3 and issuer = ?1
        """;

    /// <summary>The newest <c>end</c> of ?5 on one match: one probe of its index, however many acts there are.</summary>
    public const string OwnEnd =
        $"""
        select {LogRows.Act} from acts where issuer = ?1 and match_kind = ?2 and name = ?3 and value = ?4 and actor = ?5
        and effect = 1 and lifted_by is null and by_session = 0 order by position desc limit 1
        """;

    /// <summary>Appends an act, what its match amounts to now, and its audit entry.</summary>
    public static Revocation Append(SqliteLog log, RevocationDraft draft, string? subject = null) =>
        Append(log, draft, [], subject);

    /// <summary>
    /// Appends an act that spares sessions: one entry for each of <paramref name="sessions"/> that may hold tokens, and one of its own, all with
    /// it as their cause. Its own is the last, so whoever has applied its position has applied them all.
    /// </summary>
    /// <param name="log">The log of the transaction.</param>
    /// <param name="draft">What the caller wants.</param>
    /// <param name="sessions">The sessions that it selects, if it spares others.</param>
    /// <param name="subject">Whose session it names.</param>
    /// <param name="hit">How many living sessions it hits; null if nobody counted.</param>
    public static Revocation Append(
        SqliteLog log, RevocationDraft draft, IReadOnlyList<SelectedSession> sessions, string? subject = null, long? hit = null)
    {
        List<(string, LogPosition)> named =
            [.. sessions.Where(static session => session.MayHoldTokens).Select(session => (session.Id, log.NextEntryPosition()))];
        var act = ActOf(log, draft, log.NextEntryPosition()) with { Sessions = hit };
        foreach (var session in sessions)
        {
            SqliteSelected.Add(log.Link, act, session.Id);
        }

        Append(log, act, named, draft.Audit, subject);
        return act;
    }

    /// <summary>Appends an act whose position a decision gave out.</summary>
    public static void AppendAt(SqliteLog log, LogPosition position, RevocationDraft draft, string? subject) =>
        Append(log, ActOf(log, draft, position), [], draft.Audit, subject);

    // Under a clock that is behind, what goes by seconds reaches as far as the newest thing that is known to have happened.
    private static Revocation ActOf(SqliteLog log, RevocationDraft draft, LogPosition position) => Acts.Of(
        log.Newest > log.Second ? draft with { Second = draft.Second ?? log.Newest } : draft,
        position, log.Second, log.FindIssuer(draft.Issuer), log.IsOwn(draft.Issuer));

    private static void Append(
        SqliteLog log, Revocation act, IEnumerable<(string Session, LogPosition Position)> named, AuditContext audit, string? subject)
    {
        Insert(log.Link, act, log.IsOwn(act.Issuer));
        if (act.Spread > 0)
        {
            SqliteSpread.Begin(log.Link, act);
        }

        foreach (var (session, position) in named)
        {
            AppendState(log, position, act.Issuer, Match.Session(session), act);
        }

        AppendState(log, act.Position, act.Issuer, act.Match, act.BySession ? null : act);
        log.Audit(act.Position, "revoked", audit, About(log, act, subject));
    }

    /// <summary>Takes an act back, and appends what each match that it touched amounts to without it: a tombstone, if that is nothing.</summary>
    public static Revocation Lift(SqliteLog log, Revocation act, AuditContext audit)
    {
        var sessions = SqliteSelected.Remove(log.Link, act, act.Spread > 0 ? SqliteSpread.MostAtOnce : int.MaxValue);
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
            SqliteSpread.Begin(log.Link, act);
        }

        log.Audit(position, "lifted", audit, About(log, act, null));
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
        var acts = new List<Revocation>();
        while (!query.IsFilledBy(acts) && rows.Step())
        {
            acts.Add(LogRows.ReadAct(rows));
        }

        return acts;
    }

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
        var end = OwnEnds.MayStand(draft) ? FindOwnEnd(link, draft.Issuer, draft.Match, draft.Audit.Actor) : null;
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
        var state = RevocationState.Of(LogRows.ReadActs(acts), log.IsOwn(issuer));
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
}
