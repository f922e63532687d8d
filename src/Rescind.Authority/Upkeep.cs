using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// What is due from time to time: carrying on what is spread, saving the verifiers, rotating keys, forgetting what
/// nothing needs, and reading what other nodes committed. None waits for another, and what fails is tried again. What
/// one node does for all is done by the one that has the lease.
/// </summary>
internal sealed class Upkeep(
    IServiceProvider services, StartupState startup, TimeProvider time, ILogger<Upkeep> logger) : BackgroundService
{
    /// <summary>How often acts that are spread go on: in steps that nobody notices.</summary>
    public static readonly TimeSpan SpreadInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often keys are looked after and rows are forgotten.</summary>
    public static readonly TimeSpan RareInterval = TimeSpan.FromMinutes(1);

    private bool _isClockDoubted;
    private bool _isStoreAway;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (startup.IsStarted)
        {
            await TryAsync(services.GetRequiredService<Leases>().ReleaseAsync, cancellationToken).ConfigureAwait(false);
        }
    }

    // None ends before the host does, unless it failed: then the host has to hear of it.
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Task> duties =
        [
            EveryAsync(SpreadInterval, WatchClock, stoppingToken),
            EveryAsync(SpreadInterval, AdvanceSpreadsAsync, stoppingToken),
            EveryAsync(
                VerifierRegistry.SaveInterval, token => services.GetRequiredService<VerifierRegistry>().SaveAsync(token),
                stoppingToken),
            EveryAsync(RareInterval, MaintainKeysAsync, stoppingToken),
            EveryAsync(RareInterval, PurgeAsync, stoppingToken),
        ];

        // Of a store that nobody else writes to there is nothing to be read.
        if (services.GetRequiredService<IAuthorityStore>().Nodes.IsShared)
        {
            duties.Add(EveryAsync(LogFollower.PollInterval, FollowAsync, stoppingToken));
        }

        await (await Task.WhenAny(duties).ConfigureAwait(false)).ConfigureAwait(false);
    }

    // That the store is away is said once, not at each poll.
    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        try
        {
            await services.GetRequiredService<LogFollower>().CatchUpAsync(stoppingToken).ConfigureAwait(false);
            _isStoreAway = false;
        }
        catch (StoreUnavailableException) when (!_isStoreAway)
        {
            _isStoreAway = true;
            throw;
        }
        catch (StoreUnavailableException)
        {
            // As before.
        }
    }

    private Task AdvanceSpreadsAsync(CancellationToken stoppingToken) =>
        AloneAsync(services.GetRequiredService<IRevocationStore>().AdvanceSpreadsAsync, stoppingToken);

    private Task MaintainKeysAsync(CancellationToken stoppingToken) =>
        AloneAsync(services.GetRequiredService<KeyRing>().MaintainAsync, stoppingToken);

    private Task PurgeAsync(CancellationToken stoppingToken)
    {
        services.GetRequiredService<CommittedLog>().Purge(services.GetRequiredService<SteadyClock>().Believed);
        return AloneAsync(services.GetRequiredService<IRevocationStore>().PurgeAsync, stoppingToken);
    }

    private async Task AloneAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        if (await services.GetRequiredService<Leases>().TryHoldAsync(LeaseNames.Upkeep, stoppingToken).ConfigureAwait(false))
        {
            await work(stoppingToken).ConfigureAwait(false);
        }
    }

    // Looked at even where nobody asks for anything, so that a jump counts from when it was. One that is behind the log
    // has not jumped ahead.
    private Task WatchClock(CancellationToken stoppingToken)
    {
        var clock = services.GetRequiredService<IAuthorityStore>().StampingClock;
        var isDoubted = services.GetRequiredService<CommittedLog>().Tail.Head.AcceptsClock(time.GetUtcNow())
            && clock.Doubt is not null;
        if (isDoubted && !_isClockDoubted)
        {
            UpkeepLog.ClockJumped(logger, (long)clock.SetBy.TotalSeconds);
        }

        _isClockDoubted = isDoubted;
        return Task.CompletedTask;
    }

    private async Task EveryAsync(TimeSpan interval, Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
            {
                if (startup.IsStarted)
                {
                    await TryAsync(work, stoppingToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // A host that is disposed of without being stopped would report it as a failure.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken stoppingToken)
    {
        try
        {
            await work(stoppingToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            UpkeepLog.Failed(logger, e.Message);
        }
    }
}
