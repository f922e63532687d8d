using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>What is due from time to time: saving the verifiers, rotating keys, forgetting what nothing needs. What fails is tried again.</summary>
internal sealed class Upkeep(IServiceProvider services, Started started, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    /// <summary>Keys and purging every so many rounds of <see cref="Verifiers.SaveInterval"/>: once a minute.</summary>
    private const int RareRounds = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Verifiers.SaveInterval, time);
        for (var round = 1; await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false); round++)
        {
            if (started.IsStarted)
            {
                await TryAsync(isRare: round % RareRounds == 0, stoppingToken).ConfigureAwait(false);
            }
        }
    }

    private async Task TryAsync(bool isRare, CancellationToken stoppingToken)
    {
        try
        {
            await services.GetRequiredService<Verifiers>().SaveAsync(stoppingToken).ConfigureAwait(false);
            if (isRare)
            {
                await services.GetRequiredService<KeyRing>().MaintainAsync(stoppingToken).ConfigureAwait(false);
                await services.GetRequiredService<IRevocationStore>().PurgeAsync(stoppingToken).ConfigureAwait(false);
                services.GetRequiredService<CommittedLog>().Purge();
            }
        }
        catch (StoreUnavailableException e)
        {
            UpkeepLog.Failed(logger, e.Message);
        }
    }
}
