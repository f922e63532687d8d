using Microsoft.Extensions.Hosting;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>
/// Drives the follower: asks what is next, does it, reports. All judgement is the follower's. Begins once the app has started,
/// because only then are the routes and the freshness that they demand known; says goodbye when it is told to stop.
/// </summary>
internal sealed class FeedLoop(
    FollowedAuthority followed, FeedReporter reporter, VerifierClock clock, IHostApplicationLifetime lifetime)
{
    /// <summary>How long the goodbye may take: receipts then need not wait for this verifier.</summary>
    private static readonly TimeSpan GoodbyeLimit = TimeSpan.FromSeconds(1);

    private readonly IRevocationFeed _feed = followed.Feed;
    private readonly Replica _replica = followed.Held.Replica;

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        var settings = followed.Settings.Value;
        var identity = new FollowerIdentity(
            settings.Name ?? "", settings.Instance ?? "", settings.MaxStaleness, SoftwareVersion.Text);
        try
        {
            await StartedAsync(stoppingToken).ConfigureAwait(false);
            var freshness = followed.Schemes.Min(static scheme => scheme.Demands.SmallestFreshness);
            reporter.Following(identity, freshness);
            var follower = new FeedFollower(_replica, identity, freshness, clock.Time, clock.Entropy);
            while (true)
            {
                stoppingToken.ThrowIfCancellationRequested();
                await StepAsync(follower, follower.Next(), stoppingToken).ConfigureAwait(false);
                reporter.Report(follower.LastError);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await LeaveAsync(identity).ConfigureAwait(false);
        }
    }

    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var _ = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(false);
    }

    private async Task StepAsync(FeedFollower follower, FollowerStep step, CancellationToken stoppingToken)
    {
        try
        {
            await DoAsync(follower, step, stoppingToken).ConfigureAwait(false);
        }
        catch (FeedException failure)
        {
            reporter.Failed();
            follower.Failed(failure.Message);
        }
        catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
        {
            // A verifier that stopped following would go stale for good: one bad answer must not be able to do that.
            reporter.Failed(failure);
            follower.Failed(VerifierErrors.FollowingFailed.Sentence(failure.GetType().Name + "."));
        }
    }

    private async Task DoAsync(FeedFollower follower, FollowerStep step, CancellationToken stoppingToken)
    {
        switch (step)
        {
            case { Kind: FollowerStepKind.Poll, Request: { } request }:
                var said = request with { Connections = followed.Connections, Canaries = followed.Canaries.Report() };
                var answer = await _feed.PollAsync(said, stoppingToken).ConfigureAwait(false);
                reporter.Received(answer);
                follower.Answered(request, answer);
                // Before the next poll acknowledges the entries: a receipt then says that live connections have heard
                // of them too.
                followed.Applied(answer.Entries);
                if (answer.Canary is { } canary)
                {
                    await followed.Canaries.TakeAsync(canary).ConfigureAwait(false);
                }

                break;
            case { Kind: FollowerStepKind.Snapshot, Snapshot: { } snapshot }:
                await _feed.SnapshotAsync(snapshot, stoppingToken).ConfigureAwait(false);
                follower.Loaded(snapshot);
                followed.LookAtAll();
                break;
            default:
                await Task.Delay(step.Delay, clock.Time, stoppingToken).ConfigureAwait(false);
                break;
        }
    }

    private async Task LeaveAsync(FollowerIdentity identity)
    {
        if (!_replica.IsReady)
        {
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(GoodbyeLimit, clock.Time);
            var goodbye = new FeedRequest
            {
                Epoch = _replica.Epoch, After = _replica.Position, Nonce = clock.Entropy.NextId(), Follower = identity,
                Leaving = true,
            };
            await _feed.PollAsync(goodbye, limit.Token).ConfigureAwait(false);
            reporter.Left();
        }
        catch (Exception failure) when (failure is FeedException or OperationCanceledException)
        {
            // The Authority then counts this verifier as live until its bound is over: correct, only slower.
        }
    }
}
