using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>
/// SignalR's own handler of connections, with the watch around those of watched routes. All others pass untouched.
/// </summary>
internal sealed class LiveHubHandler<THub>(
    HubLifetimeManager<THub> lifetime,
    IHubProtocolResolver protocols,
    IOptions<HubOptions> globalOptions,
    IOptions<HubOptions<THub>> options,
    ILoggerFactory loggers,
    IUserIdProvider userIds,
    IServiceScopeFactory scopes,
    SchemeVerifiers verifiers,
    PolledHubs polled,
    JudgedMethods judged)
    : HubConnectionHandler<THub>(
        lifetime, new WatchedProtocols(protocols), globalOptions, judged.Last(options), loggers, userIds, scopes)
    where THub : Hub
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        if (Handshake.Of(connection.GetHttpContext()) is not { } handshake)
        {
            await base.OnConnectedAsync(connection).ConfigureAwait(false);
            return;
        }

        var hub = LiveHub.Begin(connection, handshake, verifiers.Of(handshake.Origin.Authentication).Connections, polled);
        await using var _ = hub.ConfigureAwait(false);
        await base.OnConnectedAsync(connection).ConfigureAwait(false);
    }
}

/// <summary>
/// Gives each watched connection its own look at the protocol. The framework asks for it once for each connection.
/// </summary>
internal sealed class WatchedProtocols(IHubProtocolResolver inner) : IHubProtocolResolver
{
    public IReadOnlyList<IHubProtocol> AllProtocols => inner.AllProtocols;

    public IHubProtocol? GetProtocol(string protocolName, IReadOnlyList<string>? supportedProtocols) =>
        inner.GetProtocol(protocolName, supportedProtocols) is { } protocol ? LiveHub.Current?.Watch(protocol) ?? protocol : null;
}
