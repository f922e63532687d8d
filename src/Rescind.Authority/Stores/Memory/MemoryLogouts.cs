using Rescind.Authority.Decisions;

namespace Rescind.Authority.Stores.Memory;

/// <inheritdoc cref="ILogoutStore"/>
internal sealed class MemoryLogouts(MemoryStore store) : ILogoutStore
{
    private readonly string _ownIssuer = store.Options.Issuer;

    public Task<bool> ExpandAsync(CancellationToken cancellationToken) => store.WriteAsync(
        data => data.Acts.Values.FirstOrDefault(
            act => act.Position > data.LogoutCursor && Touching.CanEndSessions(act, _ownIssuer)) is { } act
            && Expand(data, act),
        cancellationToken);

    public Task<IReadOnlyList<string>> WaitingAsync(CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<string>>(
            data => [.. data.Clients.Values.Where(static client => client.Record.LogoutUri is not null)
                .Select(static client => client.Record.ClientId)
                .Where(id => data.Logouts.Values.Any(logout => logout.ClientId == id))],
            cancellationToken);

    public Task<IReadOnlyList<Logout>> ReadAsync(string clientId, long after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<Logout>>(
            data => [.. data.Logouts.Values.Where(logout => logout.ClientId == clientId && logout.Number > after).Take(limit)
                .Select(logout => logout with { Stands = IsOver(data, logout.SessionId) })],
            cancellationToken);

    public async Task SettleAsync(
        IReadOnlyList<(Logout Logout, LogoutResult Result)> settled, CancellationToken cancellationToken)
    {
        foreach (var (logout, result) in settled)
        {
            await store.RunAsync(new SettleLogoutDecision(logout, result), cancellationToken).ConfigureAwait(false);
        }
    }

    private bool Expand(MemoryData data, Revocation act)
    {
        foreach (var (_, session, _, _) in store.Facts.Named(act.Match).ToList())
        {
            // What ended before a client said where to be told is the past.
            if (data.Clients.TryGetValue(session.ClientId, out var client) && client.LogoutSince < act.Position
                && Touching.IsEndedBy(act, session, _ownIssuer, facts => store.Facts.Earlier(facts, act)))
            {
                Wait(data, session, act);
            }
        }

        data.LogoutCursor = act.Position;
        return true;
    }

    // A session has one at most, and whoever is ended anew waits anew.
    private void Wait(MemoryData data, Session session, Revocation act)
    {
        foreach (var (number, _) in data.Logouts.Where(logout => logout.Value.SessionId == session.Id).ToList())
        {
            data.Logouts.Remove(number);
        }

        var next = ++data.LastLogout;
        data.Logouts.Add(next, new(next, session.Id, session.Subject, session.ClientId, act.Position, store.Now, Stands: true));
    }

    // A session that is forgotten ended long ago.
    private bool IsOver(MemoryData data, string id)
    {
        if (data.Find(id)?.Session is not { EndedBy: null } session)
        {
            return true;
        }

        var facts = session.FactsAt(_ownIssuer);
        return SessionJudgement.Of(session, facts, store.Facts.Touching(facts), store.Now).StateAt(store.Now)
            is SessionState.Ended or SessionState.Blocked;
    }
}
