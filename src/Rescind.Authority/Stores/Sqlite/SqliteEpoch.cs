using Rescind.Authority.Decisions;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>Which log this is: a first start begins one, and so does a start on an older copy of the database.</summary>
internal static class SqliteEpoch
{
    private const string IsOwn = "issuer = (select issuer from head)";

    private static readonly AuditContext Authority = new("authority", null, null);

    // What is dated after ?1, the present, or reaches logins that are: it would stay from the future for as long as the
    // clock was ahead. Acts and their cutoffs are dated now: nobody knows by how much the clock was wrong at each of
    // them, so no earlier second is surely not before the act. Logins, and the cutoffs by which our own sessions are
    // judged, are dated ?2 earlier, so that the newest is of now and the order stays; never before ?3, the newest thing
    // of a right clock. An act goes before a login of the same second, so that nothing that it ended lives again. Blocks
    // end when their callers said, and what is remembered is remembered as long as before.
    private static readonly string[] DatedBack =
    [
        $"""
        update acts set at = min(at, ?1), second = {CutoffOfAct},
            rank = iif(effect = 4 or rank = position, rank, {CutoffOfAct})
        where at > ?1 or (effect <> 4 and second > ?1)
        """,
        $"""
        update states set at = min(at, ?1), end_before = min(end_before, ?1), renew_before = min(renew_before, ?1),
            reauthenticate_before = iif({IsOwn}, {Later("reauthenticate_before")}, min(reauthenticate_before, ?1))
        where at > ?1 or max(end_before, renew_before, reauthenticate_before) > ?1
        """,
        $"""
        update session_tags set value = (select cast({Earlier("authenticated_at")} as text) from sessions where number = session)
        where name = 'auth_time' and session in (select number from sessions where authenticated_at > ?1)
        """,
        $"""
        update sessions set
            expires_at = expires_at - (authenticated_at - {Earlier("authenticated_at")}),
            idle_expires_at = idle_expires_at - (last_refreshed_at - {Earlier("last_refreshed_at")}),
            created_at = {Earlier("created_at")}, authenticated_at = {Earlier("authenticated_at")},
            last_refreshed_at = {Earlier("last_refreshed_at")}
        where max(created_at, authenticated_at, last_refreshed_at) > ?1
        """,
    ];

    private static readonly EpochCause OlderCopy = new(Authority, "the store was restored from an older copy");

    /// <summary>
    /// Brings the head up; <paramref name="mark"/> is what was last known of it here. Writes nothing where nothing is new.
    /// </summary>
    public static void Begin(SqliteLog log, StoreMark mark, Entropy entropy)
    {
        log.Link.Run("begin immediate");
        switch (RecordedIssuer(log.Link))
        {
            case null:
                Insert(log, LogHead.Empty(entropy.NextId()), mark.Opened);
                break;
            case var recorded when !log.IsOwn(recorded):
                throw new StoreUnavailableException(
                    Errors.OtherIssuer.Sentence($"It is {recorded}, not {log.Options.Issuer}: its tokens would all be refused."));
        }

        // The mark of the head is a second old at most, and that second may be all that was lost; the count of openings
        // was in the file before any change of that opening was acknowledged.
        log.Open();
        if (log.Head.Position < mark.Head || log.Link.Int64("select opened from head") < mark.Opened)
        {
            BeginAnother(log, mark, entropy, OlderCopy);
            log.SaveHead();
            log.TakeAppended();
        }

        log.Link.Run("commit");
        log.Link.Execute("pragma wal_checkpoint(truncate)");
    }

    /// <summary>
    /// Counts this opening in the file itself, not in its log alone: from then on every state of the file says which
    /// log may lie beside it. Null, and to be tried again, while a reader of before keeps the count out of the file.
    /// </summary>
    public static StoreMark? CountOpening(SqliteLog log, StoreMark mark)
    {
        var opened = Math.Max(mark.Opened, log.Link.Int64("select opened from head")) + 1;
        log.Link.Prepare("update head set opened = ?1").Bind(opened).Run();
        SaveStart(log.Link, log.Start.At(log.Second));
        using var row = log.Link.Prepare("pragma wal_checkpoint(passive)");
        var isWhole = row.Step() && row.Int64() == 0 && row.Int64() == row.Int64();
        return isWhole ? new(mark.Head, opened) : null;
    }

    /// <summary>The issuer of the first start; null before it.</summary>
    public static string? RecordedIssuer(SqliteLink link) =>
        link.Prepare("select issuer from head").Find(static row => row.Text());

    /// <summary>What was kept of the time that was believed last.</summary>
    public static TimeAtStart ReadStart(SqliteLink link) =>
        link.Prepare("select believed, unproved from head").Find(static row => new TimeAtStart(row.Int64(), row.Int64()));

    public static void SaveStart(SqliteLink link, TimeAtStart start) =>
        link.Prepare("update head set believed = ?1, unproved = ?2").Bind(start.Past).Bind(start.Unproved).Run();

    /// <summary>
    /// Begins another log on data that lost revocations and rotations, in the open transaction. Everything from before
    /// is dead, at our own issuer by its positions, elsewhere by renewal; followers see another epoch and keep what
    /// they have beside it (design: fork).
    /// </summary>
    public static void BeginAnother(SqliteLog log, StoreMark mark, Entropy entropy, EpochCause cause)
    {
        var last = log.Head.Position < mark.Head ? mark.Head : log.Head.Position;
        var head = new LogHead(entropy.NextId(), last, log.Head.At, LogChain.Start("none"));
        var (start, registry) = (ReadStart(log.Link).Then(log.Newest), log.At.Registry);
        var (forgotten, minted) = (log.Link.Int64("select forgotten from head"), log.Link.Int64("select minted from head"));
        log.Link.Run("delete from log");
        log.Link.Run("delete from head");
        Insert(log, head with { Chain = LogChain.Start(head.Epoch) }, mark.Opened);
        log.Link.Prepare("update head set restored = 1, forgotten = ?1, registry = ?2, minted = ?3")
            .Bind(forgotten).Bind(registry).Bind(minted).Run();
        SaveStart(log.Link, start.At(log.Second));
        log.Reload();
        log.BeginItem();
        foreach (var issuer in Issuers(log.Link).Append(log.Options.Issuer).Distinct(StringComparer.Ordinal))
        {
            SqliteDecisions.Run(log, new AppendDecision(new()
            {
                Issuer = issuer,
                Match = Match.Issuer,
                Effect = log.IsOwn(issuer) ? Effect.End : Effect.Renew,
                Reason = cause.Reason,
                Audit = cause.Audit,
            }));
        }
    }

    /// <summary>
    /// Begins another log at the present time, in the open transaction, because the clock was ahead when the old one
    /// was written and is right now. Nothing is lost, so nothing is ended; followers see another epoch and keep what
    /// they have beside it (design: fork). It begins at a head of its own, so that what is minted under it can be told from
    /// what was minted before. A token keeps the login from the future that it was minted with, which a cutoff that is
    /// dated back does not reach: whom our own ones had reached must refresh.
    /// </summary>
    public static AcceptedTime AcceptTime(SqliteLog log, Entropy entropy, AuditContext audit)
    {
        var (now, epoch) = (log.Now.ToUnixTimeSeconds(), entropy.NextId());
        var newest = Math.Max(
            log.Head.At, log.Link.Int64("select max(max(created_at, authenticated_at, last_refreshed_at)) from sessions"));
        var forgotten = log.Link.Int64("select forgotten from head");
        if (newest - now <= LogHead.MaxClockLag && forgotten < now)
        {
            throw new StoreUnavailableException(Errors.ClockNotBehind.Sentence("Nothing was changed."));
        }

        var (last, position) = (NewestUntil(log.Link, now), log.NextPosition());
        var asked = ReauthenticatedAfter(log.Link, now);
        foreach (var statement in DatedBack)
        {
            log.Link.Prepare(statement).Bind(now).Bind(newest - now).Bind(last).Run();
        }

        log.Link.Run("delete from log");
        log.Link.Prepare(
            """
            update head set epoch = ?1, at = ?2, chain = ?3, position = ?4, base_position = ?4, base_chain = ?3,
                believed = min(believed, ?2), forgotten = min(forgotten, ?2 - 1)
            """)
            .Bind(epoch).Bind(now).Bind(LogChain.Start(epoch).ToBytes()).Bind(position).Run();
        log.Reload();
        var dated = DateTimeOffset.FromUnixTimeSeconds(Math.Max(newest, forgotten));
        log.Audit(
            position, "time.accepted", audit,
            new(Reason: $"the log was ahead of the clock: the newest of it was of {dated:u}"));
        foreach (var match in asked)
        {
            SqliteDecisions.Run(log, new AppendDecision(new()
            {
                Issuer = log.Options.Issuer,
                Match = match,
                Effect = Effect.Renew,
                Reason = "the time was accepted: tokens of before keep the login that the wrong clock dated",
                Audit = audit,
            }));
        }

        return new(epoch, dated, log.Now);
    }

    private static string CutoffOfAct =>
        $"""
        case when effect = 4 then second when {IsOwn} and effect = 3 then {Later("second")}
            when {IsOwn} and second < at then min({Later("second")}, ?1 - 1) else min(second, ?1) end
        """;

    private static string Earlier(string second) => $"iif({second} > ?1, max({second} - ?2, ?3), {second})";

    private static string Later(string second) => $"iif({second} > ?1, min(max({second} - ?2, ?3 + 1), ?1), {second})";

    // Of logins too: a cutoff that is dated back goes on reaching every login that it had reached.
    private static long NewestUntil(SqliteLink link, long now) => link.Prepare(
        """
        select max(coalesce((select max(at) from log where at < ?1), 0),
            coalesce((select max(authenticated_at) from sessions where authenticated_at <= ?1), 0))
        """).Bind(now).Find(static row => row.Int64());

    private static List<Match> ReauthenticatedAfter(SqliteLink link, long now) => link.Prepare(
        $"select match_kind, name, value from states where {IsOwn} and reauthenticate_before > ?1")
        .Bind(now).ReadAll(static row => LogRows.ReadMatch(row)!);

    private static void Insert(SqliteLog log, LogHead head, long opened) => log.Link.Prepare(
        "insert into head (one, issuer, epoch, position, at, chain, base_position, base_chain, restored, opened) "
        + "values (1, ?1, ?2, ?3, ?4, ?5, ?3, ?5, 0, ?6)")
        .Bind(log.Options.Issuer).Bind(head.Epoch).Bind(head.Position).Bind(head.At).Bind(head.Chain.ToBytes())
        .Bind(opened).Run();

    private static List<string> Issuers(SqliteLink link) =>
        link.Prepare("select issuer from issuers").ReadAll(static row => row.Text());
}

/// <summary>Why another epoch begins, and who began it.</summary>
internal sealed record EpochCause(AuditContext Audit, string Reason);
