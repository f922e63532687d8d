using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>
/// Tells clients which of their sessions ended: looks through the log whenever it has grown, and gives each client its
/// turns. While no client is told it only waits. What the store cannot give now is asked for again.
/// </summary>
internal sealed class LogoutDelivery(
    ILogoutStore store, LogoutOutbox outbox, LogoutCalls calls, ClientRegistry clients, CommittedLog log, Leases leases,
    StartupState startup, Entropy entropy, TimeProvider time, ILogger<LogoutDelivery> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, ClientLogouts> _clients = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!startup.IsStarted)
            {
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(false);
            }

            while (!stoppingToken.IsCancellationRequested)
            {
                // Taken before the store is read: what is committed in between wakes us again.
                var moved = log.Tail.Moved;
                var next = clients.All.Any(client => client.LogoutUri is not null)
                    ? await NextAsync(stoppingToken).ConfigureAwait(false)
                    : [];
                await (await Task.WhenAny([moved, .. next]).WaitAsync(stoppingToken).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A host that is disposed of without being stopped would report it as a failure.
        }
        finally
        {
            await Task.WhenAll(_clients.Values.Select(client => client.Turn))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Begins what can be done now; with the end of any of these there is more to do.</summary>
    private async Task<IReadOnlyList<Task>> NextAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (!await leases.TryHoldAsync(LeaseNames.Logouts, stoppingToken).ConfigureAwait(false))
            {
                return [Task.Delay(Pause, time, stoppingToken)];
            }

            var isMore = await store.ExpandAsync(stoppingToken).ConfigureAwait(false);
            var turns = new List<Task>();
            foreach (var id in await store.WaitingAsync(stoppingToken).ConfigureAwait(false))
            {
                if (clients.Find(id) is { LogoutUri: { } url })
                {
                    turns.Add(ClientOf(id).ContinueAsync(url, stoppingToken));
                }
            }

            return isMore ? [Task.CompletedTask] : turns;
        }
        catch (StoreUnavailableException e)
        {
            LogoutLog.StoreUnavailable(logger, e.Message);
            return [Task.Delay(Pause, time, stoppingToken)];
        }
    }

    private ClientLogouts ClientOf(string id) =>
        _clients.TryGetValue(id, out var client) ? client : _clients[id] = new(id, outbox, calls, entropy, time);
}
