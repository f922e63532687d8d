using Rescind.Authority.Clients;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Support;

/// <summary>Clients that are told of logouts.</summary>
internal static class ToldClients
{
    /// <summary>Registers a public client that is told at <paramref name="receiver"/>.</summary>
    public static async Task AddToldClientAsync(this AuthorityHost host, string id, LogoutReceiver receiver)
    {
        var record = new ClientRecord { ClientId = id, Kind = ClientKind.Public, LogoutUri = receiver.Url };
        (await host.Get<ClientRegistry>().AddAsync(record, AuditContext.System, CancellationToken.None)).ShouldBeTrue();
    }

    /// <summary>Starts sessions of somebody at a client.</summary>
    public static async Task<IReadOnlyList<string>> StartAsync(
        this AuthorityHost host, string clientId, int count, string subject = "alice")
    {
        var sessions = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => host.StartSessionAsync(subject, clientId)));
        return [.. sessions.Select(session => session.Id)];
    }

    /// <summary>Whether nothing waits for a client.</summary>
    public static async Task<bool> IsDoneAsync(this AuthorityHost host, string clientId) =>
        !await host.Get<ILogoutStore>().ExpandAsync(CancellationToken.None)
        && (await host.Get<ILogoutStore>().ReadAsync(clientId, 0, 1, CancellationToken.None)).Count == 0;
}
