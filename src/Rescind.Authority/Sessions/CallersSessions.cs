using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Sessions;

/// <summary>
/// The sessions that an API client may see, change and end: its own, and those of the clients that its record lists, as
/// for starting. <c>admin</c> reaches all. Any other session is unknown to it.
/// </summary>
internal sealed class CallersSessions(ISessionStore store, ClientRegistry clients)
{
    /// <summary>The clients whose sessions <paramref name="caller"/> reaches; null for all.</summary>
    public IReadOnlyList<string>? ClientsOf(Caller caller) =>
        caller.May(ScopeNames.Admin) ? null
        : clients.Find(caller.ClientId) is { } record ? [record.ClientId, .. record.Clients]
        : [];

    /// <summary>One session, judged; null if it never was, or is none that <paramref name="caller"/> reaches.</summary>
    public async Task<Session?> FindAsync(string id, Caller caller, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } session
        && ClientsOf(caller)?.Contains(session.ClientId) is not false
            ? session with { IsClientGone = !clients.Has(session.ClientId) }
            : null;
}
