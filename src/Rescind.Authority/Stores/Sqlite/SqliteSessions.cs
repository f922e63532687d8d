using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="ISessionStore"/>
internal sealed class SqliteSessions(SqliteWriter writer, SqliteReaders readers, string ownIssuer, TimeProvider time)
    : ISessionStore
{
    /// <summary>
    /// The most rows that one page looks at, so that a rare state costs no full scan; the cursor goes on from there.
    /// </summary>
    private const int MaxScanned = 1000;

    public Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate();
        return RunAsync(new StartDecision(draft), cancellationToken);
    }

    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        RunAsync(new RotateDecision(attempt), cancellationToken);

    public Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken) =>
        RunAsync(new ChangeDecision(change), cancellationToken);

    public Task<Session?> FindAsync(string id, CancellationToken cancellationToken) => readers.ReadAsync(
        link => SqliteSessionRows.Find(link, id) is { } row ? Judged(link, row.Session) : null, cancellationToken);

    public Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken) =>
        readers.ReadAsync(link => SqliteSessionRows.Find(link, id)?.Session, cancellationToken);

    public Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        var before = query.ReadBefore();
        return readers.ReadAsync(link => List(link, query, before), cancellationToken);
    }

    private Task<T> RunAsync<T>(Decision<T> decision, CancellationToken cancellationToken) =>
        writer.RunAsync(log => SqliteDecisions.Run(log, decision), cancellationToken);

    /// <summary>
    /// The newest sessions before ?1, at most ?2: of the clients in the JSON array that follows, and of the subject
    /// after it, where they are given. For each client an index yields that many at most, whatever other clients have.
    /// </summary>
    public static string ListSql(bool byClients, bool bySubject)
    {
        var newest =
            $"number < ?1 {(bySubject ? $"and subject = {(byClients ? "?4" : "?3")} " : "")}order by number desc limit ?2";
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
            .BindGiven(query.Clients is null ? null : StoredJson.WriteTexts(query.Clients)).BindGiven(query.Subject);
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var (page, found, scanned, last) = (new PageFill(query.Limit), new List<Session>(), 0, 0L);
        while (rows.Step())
        {
            if (page.IsFull || scanned++ == MaxScanned)
            {
                return new(found, new LogPosition(last).ToString());
            }

            var row = SessionRows.Read(rows);
            var session = Judged(link, row.Session) with { IsClientGone = !query.HasClient(row.Session.ClientId) };
            if (query.State is null || query.State == session.StateAt(now))
            {
                if (!page.TryAdd(JsonLength.Of(session)))
                {
                    return new(found, new LogPosition(last).ToString());
                }

                found.Add(session);
            }

            last = row.Number;
        }

        return new(found, null);
    }

    private Session Judged(SqliteLink link, Session session) =>
        SqliteSessionActs.Judged(link, ownIssuer, session, time.GetUtcNow().ToUnixTimeSeconds());
}
