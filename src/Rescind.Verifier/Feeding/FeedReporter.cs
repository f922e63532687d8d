using Microsoft.Extensions.Logging;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Feeding;

/// <summary>
/// Tells logs, metrics and the public status what following the feed comes to. Changes are logged, repetitions are not.
/// </summary>
internal sealed class FeedReporter(FollowedAuthority followed, VerifierMetrics metrics, ILogger<FeedLoop> logger)
{
    private readonly Replica _replica = followed.Held.Replica;
    private readonly VerifierStatus _status = followed.Status;
    private string? _lastError;
    private bool _current;
    private bool _needsUpgrade;
    private int _forks;

    public void Following(FollowerIdentity identity, TimeSpan freshness) =>
        VerifierLog.Following(logger, identity.Name, identity.Instance, identity.Bound, freshness);

    public void Received(FeedAnswer answer)
    {
        metrics.Polled(answer.Outcome switch
        {
            FeedOutcome.Entries => "entries",
            FeedOutcome.Gone => "gone",
            FeedOutcome.Conflict => "conflict",
            _ => "none",
        });
        if (answer.Outcome is FeedOutcome.Entries)
        {
            _status.Received = answer.Entries is [.., var last] ? last.Position : answer.After;
        }
    }

    public void Failed(Exception? unforeseen = null)
    {
        metrics.Polled("failed");
        if (unforeseen is not null)
        {
            VerifierLog.FollowingFailed(logger, unforeseen);
        }
    }

    public void Report(string? error)
    {
        if (error is not null && error != _lastError && !_replica.NeedsUpgrade)
        {
            VerifierLog.Trouble(logger, error);
        }

        _lastError = _status.LastError = error;
        ReportFreshness();
        ReportLog();
    }

    public void Left() => VerifierLog.Left(logger);

    private void ReportFreshness()
    {
        var fresh = _status.IsFresh;
        if (fresh && !_current)
        {
            _status.SetReady();
            VerifierLog.Current(logger, _replica.Epoch, _replica.Position, _replica.Count);
        }
        else if (!fresh && _current)
        {
            VerifierLog.Stale(logger, _replica.Age, _status.Bound);
        }

        _current = fresh;
    }

    private void ReportLog()
    {
        if (_replica.NeedsUpgrade && !_needsUpgrade)
        {
            VerifierLog.TooOld(logger);
        }

        if (_replica.Forks > _forks)
        {
            VerifierLog.Forked(logger, _replica.Forks);
        }

        _needsUpgrade = _replica.NeedsUpgrade;
        _forks = _replica.Forks;
    }
}
