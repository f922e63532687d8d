using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace Rescind.Verifier.Connections;

/// <summary>
/// Does what is due on live connections, closes them when the app stops, and waits at the end for the closes that are
/// under way: each has its limit.
/// </summary>
internal sealed class ConnectionWatch(
    SchemeVerifiers verifiers, IMeterFactory meters, VerifierClock clock, IHostApplicationLifetime app)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<LiveConnections> all = [.. verifiers.All.Select(static verifier => verifier.Connections)];
        ConnectionMetrics.Create(meters, all);

        // The server waits for its connections when it stops, and stops before this service does.
        using var stopping = app.ApplicationStopping.Register(() => all.ForEach(static connections => connections.Stop()));
        Task[] loops = [.. all.Select(one => TickAsync(one, stoppingToken)), .. all.Select(one => WakeAsync(one, stoppingToken))];

        // None ends before the app does, unless it failed: then the host has to hear of it at once.
        await (await Task.WhenAny(loops).ConfigureAwait(false)).ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private async Task TickAsync(LiveConnections connections, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(LiveConnections.Tick, clock.Time);
        await RepeatAsync(connections, timer.WaitForNextTickAsync, stoppingToken).ConfigureAwait(false);
    }

    // A close whose turn is now does not wait for the tick.
    private static Task WakeAsync(LiveConnections connections, CancellationToken stoppingToken) =>
        RepeatAsync(connections, connections.WaitUntilShutAsync, stoppingToken);

    private static async Task RepeatAsync(
        LiveConnections connections, Func<CancellationToken, ValueTask<bool>> next, CancellationToken stoppingToken)
    {
        var work = new List<Task>();
        try
        {
            while (await next(stoppingToken).ConfigureAwait(false))
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
