using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="ISessionStore"/>
internal sealed class SqliteSessions(SqliteWriter writer, SqliteReaders readers, string ownIssuer, TimeProvider time) : ISessionStore
{
    /// <summary>The most rows that one page looks at, so that a rare state costs no full scan; the cursor goes on from there.</summary>
    private const int MaxScanned = 1000;

    public Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken)
    {
        if (draft.Session.Tags.Count > SqliteActs.MaxTags)
        {
            throw new ArgumentException($"A session has at most {SqliteActs.MaxTags} tags.", nameof(draft));
        }

        return writer.RunAsync(log => Start(log, draft), cancellationToken);
    }

    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteDecisions.Run(log, new RotateDecision(attempt)), cancellationToken);

    public Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteChange.Apply(log, change), cancellationToken);

    public Task<Session?> FindAsync(string id, CancellationToken cancellationToken) => readers.ReadAsync(
        link => SessionRows.Find(link, id) is { } row ? Judged(link, row.Session) : null, cancellationToken);

    public Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SessionRows.Find(link, id)?.Session, cancellationToken);

    public Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(query.Limit);
        var before = query.Cursor is null ? long.MaxValue
            : LogPosition.TryParse(query.Cursor, out var cursor) ? cursor.Value
            : throw new ArgumentException("The cursor is none of ours.", nameof(query));
        return readers.ReadAsync(link => List(link, query, before), cancellationToken);
    }

    private static StartOutcome Start(SqliteLog log, SessionDraft draft)
    {
        var head = log.Head.Position;
        var session = draft.Session with
        {
            Started = head,
            Tags = [.. draft.Session.Tags.Select(tag => tag with { Since = head })],
            AuthenticatedAt = draft.Session.AuthenticatedAt == 0 ? log.Second : draft.Session.AuthenticatedAt,
        };
        var verdict = SqliteSessionActs.Judge(log.Link, log.Options.Issuer, session.FactsAt(log.Options.Issuer), log.Second);
        if (verdict.Kind is not SessionVerdictKind.Live)
        {
            return new(StartResult.Blocked, null, verdict.By);
        }

        if (draft.Session.AuthenticatedAt != 0
            && SqliteActs.NewestEnd(log.Link, log.Options.Issuer, session.Subject) is { } end && session.AuthenticatedAt < end.Second)
        {
            return new(StartResult.LoginBeforeEnd, null, end.Position);
        }

        var replaced = draft.Replaces is null ? null : SessionRows.Find(log.Link, draft.Replaces, isToEnd: true)?.Session;
        if (draft.Replaces is not null && (replaced?.Subject != session.Subject || replaced.ClientId != session.ClientId))
        {
            return new(StartResult.ReplacesUnknown, null, default);
        }

        SessionRows.Insert(log.Link, session);
        log.Audit(log.NextPosition(), "session.started", draft.Audit,
            new(log.Options.Issuer, Match.Session(session.Id), Subject: session.Subject, SessionId: session.Id));
        if (replaced is not null)
        {
            SqliteDecisions.Run(log, new EndDecision(replaced, "replaced by a new session", draft.Audit));
        }

        return new(StartResult.Started, session, default);
    }

    /// <summary>
    /// The newest sessions before ?1, at most ?2: of the clients in the JSON array that follows, and of the subject after it, where they are
    /// given. For each client an index yields that many at most, whatever other clients have.
    /// </summary>
    public static string ListSql(bool byClients, bool bySubject)
    {
        var newest = $"number < ?1 {(bySubject ? $"and subject = {(byClients ? "?4" : "?3")} " : "")}order by number desc limit ?2";
        var rows = $"select {SessionRows.Columns} from sessions where ";
        return !byClients ? rows + newest : rows +
            $"""
            number in (
                select distinct own.number from json_each(?3) as client cross join sessions as own
                on own.number in (select number from sessions where client_id = client.value and {newest})
                order by own.number desc limit ?2)
            order by number desc
            """;
    }

    private SessionPage List(SqliteLink link, SessionQuery query, long before)
    {
        using var rows = link.Prepare(ListSql(query.Clients is not null, query.Subject is not null))
            .Bind(before).Bind((query.State is null ? query.Limit : MaxScanned) + 1L)
            .BindGiven(query.Clients is null ? null : SessionRows.WriteTexts(query.Clients)).BindGiven(query.Subject);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var (found, scanned, last) = (new List<Session>(), 0, 0L);
        while (rows.Step())
        {
            if (found.Count == query.Limit || scanned++ == MaxScanned)
            {
                return new(found, new LogPosition(last).ToString());
            }

            var row = SessionRows.Read(rows);
            last = row.Number;
            var session = Judged(link, row.Session) with { IsClientGone = !query.HasClient(row.Session.ClientId) };
            if (query.State is null || query.State == session.StateAt(now))
            {
                found.Add(session);
            }
        }

        return new(found, null);
    }

    private Session Judged(SqliteLink link, Session session) =>
        SqliteSessionActs.Judged(link, ownIssuer, session, time.GetUtcNow().ToUnixTimeSeconds());
}
