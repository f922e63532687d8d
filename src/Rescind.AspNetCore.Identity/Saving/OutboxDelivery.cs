using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Rescind.AspNetCore.Identity.Saving;

/// <summary>
/// Delivers what a crash has left in the outbox: at start, and every few seconds what another process has left.
/// </summary>
internal sealed partial class OutboxDelivery(
    IServiceProvider provider, TimeProvider time, ILogger<OutboxDelivery> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The Authority need not be open yet when this is made.
        await Task.Yield();
        using var timer = new PeriodicTimer(Interval, time);
        var age = TimeSpan.Zero;
        while (await TryDeliverAsync(age, stoppingToken).ConfigureAwait(false)
            && await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            // Younger rows are those of requests that are about to do it themselves.
            age = Interval;
        }
    }

    private async Task<bool> TryDeliverAsync(TimeSpan age, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.GetRequiredService<OwedRevocations>().DeliverAsync(null, age, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            NotDelivered(log, e);
            return true;
        }
    }

    [LoggerMessage(6001, LogLevel.Warning, "Revocations in the outbox of the user store could not be delivered. It is "
        + "tried again in a few seconds.")]
    private static partial void NotDelivered(ILogger log, Exception cause);
}
