using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Canaries;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>Goes on with the canaries, while there are verifiers that take them.</summary>
internal sealed class CanaryKeeper(
    IServiceProvider services, StartupState startup, IOptions<AuthorityOptions> options, TimeProvider time,
    ILogger<CanaryKeeper> logger) : BackgroundService
{
    public override Task StartAsync(CancellationToken cancellationToken) =>
        options.Value.CanaryInterval > TimeSpan.Zero ? base.StartAsync(cancellationToken) : Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CanaryInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                if (startup.IsStarted && services.GetRequiredService<CanaryWatch>().IsWanted)
                {
                    await RunAsync(stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            await services.GetRequiredService<CanaryRound>().RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StoreUnavailableException or ClockRefusedException)
        {
            CanaryLog.NotRevoked(logger, e.Message);
        }
    }
}
