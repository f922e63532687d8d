using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Memory;

/// <inheritdoc cref="ISessionStore"/>
internal sealed class MemorySessions(MemoryStore store) : ISessionStore
{
    public Task<StartOutcome> StartAsync(SessionDraft draft, CancellationToken cancellationToken)
    {
        draft.Validate();
        return store.RunAsync(new StartDecision(draft), cancellationToken);
    }

    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        store.RunAsync(new RotateDecision(attempt), cancellationToken);

    public Task<ChangeOutcome> ChangeAsync(SessionChange change, CancellationToken cancellationToken) =>
        store.RunAsync(new ChangeDecision(change), cancellationToken);

    public async Task<Session?> FindAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(data => data.Find(id) is { } row ? Judged(row) : null, cancellationToken).ConfigureAwait(false);

    public Task<Session?> FindUnjudgedAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(data => data.Find(id)?.Row.Session, cancellationToken);

    public Task<SessionPage> ListAsync(SessionQuery query, CancellationToken cancellationToken)
    {
        var before = query.ReadBefore();
        return ReadAsync(data => List(data, query, before), cancellationToken);
    }

    private SessionPage List(MemoryData data, SessionQuery query, long before)
    {
        var found = data.Sessions.Values.Reverse()
            .Where(row => row.Number < before && (query.Subject is null || row.Session.Subject == query.Subject)
                && (query.Clients is null || query.Clients.Contains(row.Session.ClientId)))
            .Select(row => (row.Number, Session: Judged(row) with { IsClientGone = !query.HasClient(row.Session.ClientId) }))
            .Where(row => query.State is null || query.State == row.Session.StateAt(store.Now));
        var page = PageFill.Cut(
            found, query.Limit, static row => (new LogPosition(row.Number), JsonLength.Of(row.Session)));
        return new([.. page.Rows.Select(static row => row.Session)], page.Next?.ToString());
    }

    private Session Judged(MemorySession row)
    {
        var session = row.Row.Session;
        if (session.EndedBy is not null)
        {
            return session;
        }

        var facts = session.FactsAt(store.Options.Issuer);
        return SessionJudgement.Of(session, facts, store.Facts.Touching(facts), store.Now);
    }

    private Task<T> ReadAsync<T>(Func<MemoryData, T> read, CancellationToken cancellationToken) =>
        store.ReadAsync(read, cancellationToken);
}
