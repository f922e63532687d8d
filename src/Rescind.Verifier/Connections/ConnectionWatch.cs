using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Rescind.Verifier.Connections;

/// <summary>Does what is due on live connections, and waits at the end for the closes that are under way: each has its limit.</summary>
internal sealed class ConnectionWatch(LiveConnections connections, IMeterFactory meters, VerifierClock clock) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        ConnectionMetrics.Create(meters, connections);
        using var timer = new PeriodicTimer(LiveConnections.Tick, clock.Time);
        var work = new List<Task>();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                connections.DoWhatIsDue(work);
                work.RemoveAll(static task => task.IsCompleted);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await Task.WhenAll(work).ConfigureAwait(false);
        }
    }
}
