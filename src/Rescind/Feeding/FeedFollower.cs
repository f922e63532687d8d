namespace Rescind;

/// <summary>
/// Follows the feed into a replica: a state machine that does no I/O of its own, so that a simulation can drive it through every
/// loss, delay and restart. Whoever drives it asks <see cref="Next"/>, does what it says at once, and reports. One
/// caller at a time. <c>docs/protocol.md</c> has the rules.
/// </summary>
public sealed class FeedFollower
{
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDoubt = TimeSpan.FromSeconds(5);

    private readonly Replica _replica;
    private readonly FollowerIdentity _identity;
    private readonly TimeProvider _time;
    private readonly Entropy _entropy;
    private readonly TimeSpan _wait;
    private (string Nonce, Moment Sent) _pending;
    private SnapshotBuilder? _building;
    private TimeSpan _pause;
    private string? _lastError;
    private bool _wantsSnapshot = true;
    private bool _settled;
    private bool _caughtUp;
    private int _failures;
    private long? _contradicted;
    private long _purged;

    /// <summary>A follower of <paramref name="replica"/>.</summary>
    /// <param name="replica">The replica that it alone writes.</param>
    /// <param name="identity">Who follows, and with what bound.</param>
    /// <param name="smallestFreshness">The smallest freshness that any route demands: polls are held for at most half of it and a
    /// third of the bound.</param>
    /// <param name="time">The clock.</param>
    /// <param name="entropy">Nonces and jitter.</param>
    public FeedFollower(
        Replica replica, FollowerIdentity identity, TimeSpan smallestFreshness, TimeProvider time, Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(replica);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(entropy);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(smallestFreshness, TimeSpan.Zero);
        (_replica, _identity, _time, _entropy) = (replica, identity, time, entropy);
        _wait = identity.Bound / 3 < smallestFreshness / 2 ? identity.Bound / 3 : smallestFreshness / 2;
        _purged = time.GetTimestamp();
    }

    /// <summary>
    /// What is wrong, for logs and health: that this version is too old for the log, or the last thing that failed;
    /// null after a good answer.
    /// </summary>
    public string? LastError => _replica.NeedsUpgrade
        ? "RSC3205 The log holds an entry that this version does not know. Update it to the version of the Authority. "
            + "See docs/errors/RSC3205.md."
        : _lastError;

    /// <summary>What to do now.</summary>
    public FollowerStep Next()
    {
        if (_pause > TimeSpan.Zero)
        {
            var pause = _pause;
            _pause = TimeSpan.Zero;
            return new(FollowerStepKind.Wait, null, null, pause);
        }

        _pending = default;
        if (_wantsSnapshot || _replica.Head is not { } head)
        {
            _building = new(_replica.Key, _replica.BelievedNow);
            return new(FollowerStepKind.Snapshot, null, _building, default);
        }

        var request = new FeedRequest
        {
            Epoch = head.Epoch,
            After = head.Position,
            Chain = _replica.NeedsUpgrade ? null : head.Chain,
            Wait = _caughtUp ? _wait : TimeSpan.Zero,
            Nonce = _entropy.NextId(),
            Follower = _identity,
        };
        _pending = (request.Nonce, Moment.Now(_time));
        return new(FollowerStepKind.Poll, request, null, default);
    }

    /// <summary>Reports the answer to the request of the last step. Another's, or an old one, is ignored.</summary>
    public void Answered(FeedRequest request, FeedAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        if (request.Nonce != _pending.Nonce)
        {
            return;
        }

        var sent = _pending.Sent;
        _pending = default;
        switch (answer.Outcome)
        {
            case FeedOutcome.Entries:
                Take(request, sent, answer);
                break;
            case FeedOutcome.Gone:
                (_wantsSnapshot, _caughtUp) = (true, false);
                _pause = _failures++ == 0 ? TimeSpan.Zero : BackOff();
                break;
            case FeedOutcome.Conflict:
                Disagree("The Authority does not know this replica's place in its log.");
                break;
            default:
                Failed("The feed gave no answer.");
                break;
        }
    }

    /// <summary>Reports that the snapshot of the last step came whole.</summary>
    public void Loaded(SnapshotBuilder snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!ReferenceEquals(snapshot, _building) || snapshot is not { IsComplete: true, Contents.Head: { } head })
        {
            Failed("The snapshot did not come whole.");
            return;
        }

        var isFork = _contradicted is not null || !_replica.GoesOnTo(head);
        if (isFork && head.Epoch == _replica.Epoch && !DoubtIsOver())
        {
            Disagree("The snapshot is older than this replica.");
            return;
        }

        if (isFork && _replica.Forks == Replica.MaxForks)
        {
            Failed("The log was replaced too often: restart this verifier.");
            return;
        }

        _replica.Load(snapshot.Contents, isFork);
        _lastError = isFork ? "The log was replaced: what the old one had revoked stays revoked beside the new one." : _lastError;
        (_building, _wantsSnapshot, _contradicted) = (null, false, null);
    }

    /// <summary>Reports that the last step failed on the way.</summary>
    public void Failed(string error)
    {
        _lastError = error;
        (_pending, _building, _caughtUp) = (default, null, false);
        _failures++;
        _pause = BackOff();
    }

    private void Take(FeedRequest request, Moment sent, FeedAnswer answer)
    {
        var head = _replica.Head!;
        if (answer.Nonce != request.Nonce || answer.Epoch != head.Epoch || answer.After != head.Position)
        {
            Failed("An answer to something else came: is there a caching proxy in front of the feed?");
            return;
        }

        if (!TryFold(head, answer.Entries, out var newHead) || !Agrees(newHead, answer))
        {
            Disagree("The entries do not agree with their chain.");
            return;
        }

        // Entries first, then the proof of what they prove, then (the next poll) the acknowledgement.
        _replica.Apply(answer.Entries, newHead);
        (_contradicted, _lastError) = (null, null);
        if (answer.More && answer.Entries.Count == 0)
        {
            Failed("An answer had more to come, and nothing in it.");
        }
        else if (!answer.More)
        {
            Settle(sent, answer);
        }
    }

    private void Settle(Moment sent, FeedAnswer answer)
    {
        _replica.Prove(FreshnessProof.Of(sent, answer.Held, answer.Age, _time), answer.Now);
        if (_settled && !_replica.NeedsUpgrade)
        {
            _replica.BecomeReady();
        }

        (_failures, _caughtUp, _settled) = (0, _settled, true);
        _pause = answer.Entries.Count == 0 ? TimeSpan.Zero : answer.Pace < _wait / 2 ? answer.Pace : _wait / 2;
        if (_time.GetElapsedTime(_purged) >= PurgeInterval)
        {
            _purged = _time.GetTimestamp();
            _replica.Purge();
        }
    }

    // At first it may be a node that is behind; what goes on for half the bound is another log.
    private void Disagree(string error)
    {
        _contradicted ??= _time.GetTimestamp();
        Failed(error);
        _wantsSnapshot = DoubtIsOver();
    }

    private bool DoubtIsOver()
    {
        var longest = _identity.Bound / 2 < LongestDoubt ? _identity.Bound / 2 : LongestDoubt;
        return _contradicted is { } since && _time.GetElapsedTime(since) >= longest;
    }

    private TimeSpan BackOff()
    {
        var longest = _identity.Bound / 2 < LongestBackOff ? _identity.Bound / 2 : LongestBackOff;
        var backOff = ShortestBackOff * Math.Pow(2, Math.Min(_failures - 1, 10));
        return (backOff < longest ? backOff : longest) * (0.5 + (_entropy.NextFraction() / 2));
    }

    // The chain over an entry that is not understood cannot be computed: it is followed for what else it brings, and
    // proves nothing.
    private bool Agrees(LogHead head, FeedAnswer answer) =>
        (_replica.NeedsUpgrade || head.Chain == default || head.Chain == answer.Chain)
        && (answer.More || head.Position == answer.Head);

    private static bool TryFold(LogHead head, IReadOnlyList<LogEntry> entries, out LogHead newHead)
    {
        newHead = head;
        foreach (var entry in entries)
        {
            if (entry.Position <= newHead.Position)
            {
                return false;
            }

            newHead = !entry.IsUnderstood || newHead.Chain == default
                ? newHead with { Position = entry.Position, At = entry.At, Chain = default }
                : newHead.Then(entry);
        }

        return true;
    }
}
