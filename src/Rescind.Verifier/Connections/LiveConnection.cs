using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections;

/// <summary>
/// One live connection: its token, what it may do now, and how it ends. Every message is judged as a request would be,
/// so that nothing is delivered that the replica already knows to be forbidden; the registry looks too, for connections
/// on which nothing moves. Once shut it stays shut. Safe for concurrent use.
/// </summary>
internal sealed class LiveConnection(LiveConnections owner, Handshake handshake, ILiveTransport transport)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Protects everything below. Taken before the locks of the registry, never while one of them is held.
    private readonly Lock _lock = new();
    private TokenFacts _facts = handshake.Facts;
    private DeliveryState _state = DeliveryState.Held;
    private VerdictKind _verdict;
    private long _until;
    private TimeSpan? _heldSince;
    private TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectionEnd? _end;
    private TimeSpan _askAt;
    private bool _isAsked;
    private bool _isRenewing;
    private Task _asking = Task.CompletedTask;
    private Task? _closing;

    public string Kind => transport.Kind;

    /// <summary>When to look next; the registry's, under its lock.</summary>
    public TimeSpan? Due { get; set; }

    /// <summary>What to say to a call that is not taken because the connection is not open.</summary>
    public ConnectionEnd Refusal
    {
        get
        {
            lock (_lock)
            {
                return _end ?? (_verdict is VerdictKind.Renew ? ConnectionEnd.Expired : ConnectionEnd.TryLater);
            }
        }
    }

    /// <summary>Why it is over; null while it is not, and if its app alone has ended it.</summary>
    public ConnectionEnd? Ending
    {
        get
        {
            lock (_lock)
            {
                return _end;
            }
        }
    }

    /// <summary>
    /// Begins to watch: found from here on by whatever names its token, then judged again, so that nothing slips
    /// between (T-52).
    /// </summary>
    public DeliveryState Begin()
    {
        lock (_lock)
        {
            _askAt = AskTime();
            owner.Add(this, _facts);
            Judge();
            return _state;
        }
    }

    /// <summary>What it may do, judged now.</summary>
    public DeliveryState Look()
    {
        lock (_lock)
        {
            Judge();
            return _state;
        }
    }

    /// <summary>
    /// The wall clock was set: the moments that were reckoned by it are reckoned anew. It is asked no later than before.
    /// </summary>
    public void Reckon()
    {
        lock (_lock)
        {
            Judge();
            if (_state is not DeliveryState.Shut)
            {
                var askAt = AskTime();
                _askAt = askAt < _askAt ? askAt : _askAt;
                Schedule();
            }
        }
    }

    /// <summary>Waits until the next message may go; false if none may any more.</summary>
    public async ValueTask<bool> PassAsync(CancellationToken cancellationToken)
    {
        DeliveryState state;
        while ((state = Look()) is DeliveryState.Held)
        {
            await Released().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return state is DeliveryState.Open;
    }

    /// <summary>Ends it because it was kept waiting for too long a time or too much: the client may come back.</summary>
    public void End()
    {
        lock (_lock)
        {
            Judge();
            if (_state is not DeliveryState.Shut)
            {
                Shut(Refusal);
            }
        }
    }

    /// <summary>Does what has become due: asks for a new token, or closes. The work that it began, if any.</summary>
    public Task? Act()
    {
        lock (_lock)
        {
            if (_over.Task.IsCompleted)
            {
                return null;
            }

            if (_state is DeliveryState.Shut)
            {
                return BeginClose();
            }

            Judge();
            if (_state is not DeliveryState.Shut && owner.IsStopping)
            {
                Shut(ConnectionEnd.Stopping);
            }

            if (_state is DeliveryState.Shut)
            {
                // Its turn to be closed comes by itself.
                return null;
            }

            var ask = !_isAsked && (_verdict is VerdictKind.Renew || (_verdict is VerdictKind.Valid && owner.Now >= _askAt));
            _isAsked |= ask;
            Schedule();
            if (!ask)
            {
                return null;
            }

            var left = _heldSince is { } since ? since + owner.Options.RenewalMargin - owner.Now : owner.Until(_until);
            return _asking = AskAsync(left);
        }
    }

    /// <summary>
    /// Takes a new token in place of the present one, which goes on counting if the new one is not good. Whether it was
    /// taken.
    /// </summary>
    public async Task<bool> RenewAsync(string token)
    {
        var isTaken = false;
        lock (_lock)
        {
            if (_isRenewing || _state is DeliveryState.Shut)
            {
                return false;
            }

            _isRenewing = true;
        }

        NewToken? found = null;
        try
        {
            found = (await owner.Renewals.JudgeAsync(handshake.Origin, token).ConfigureAwait(false)).Token;
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // An event or a policy of the app threw: that is no yes, and no reason to end what still holds.
            owner.RenewalFailed(this, failure);
        }
        finally
        {
            lock (_lock)
            {
                _isRenewing = false;
                isTaken = found is not null && _state is not DeliveryState.Shut && Take(found);
            }
        }

        return isTaken;
    }

    /// <summary>
    /// A request of this connection was let in by a token of its own: that takes the place of the present one if it is
    /// newer, or if the present one is not good now. The token of somebody else ends the connection.
    /// </summary>
    public void Meet(NewToken found)
    {
        lock (_lock)
        {
            Judge();
            if (_state is DeliveryState.Shut || found.Facts.Token == _facts.Token)
            {
                return;
            }

            var isBetter = found.Scheme == handshake.Origin.Authentication
                && (_state is DeliveryState.Held || found.Facts.ExpiresAt > _facts.ExpiresAt);
            if (isBetter || !IsOfTheSame(found.Facts))
            {
                Take(found);
            }
        }
    }

    /// <summary>
    /// Whether a token is of this connection's person and session. Another login of the same person is another session.
    /// </summary>
    public bool IsOfTheSame(TokenFacts found)
    {
        lock (_lock)
        {
            return (found.Subject ?? found.SessionId) is not null
                && (found.Issuer, found.Subject, found.SessionId) == (_facts.Issuer, _facts.Subject, _facts.SessionId);
        }
    }

    /// <summary>
    /// The app has done with the connection: it is over at once. Completes when nothing of ours touches its transport
    /// any more, which may belong to another request from then on; a client that was to hear why it is over has heard
    /// it, or did not take it in time.
    /// </summary>
    public Task LeaveAsync()
    {
        lock (_lock)
        {
            _over.TrySetResult();
            BeginClose();
            _state = DeliveryState.Shut;
            _released.TrySetResult();
            owner.Remove(this, _facts, _end);
            return Task.WhenAll(_asking, _closing ?? Task.CompletedTask);
        }
    }

    private Task Released()
    {
        lock (_lock)
        {
            return _released.Task;
        }
    }

    private void Judge()
    {
        if (_state is DeliveryState.Shut)
        {
            return;
        }

        var verdict = owner.Judge(_facts, handshake.Freshness);
        var now = owner.Now;
        _heldSince = verdict.IsValid ? null : _heldSince ?? now;
        var decision = ConnectionDecision.Of(verdict.Kind, now - (_heldSince ?? now), owner.Options);
        var moved = (decision.State, verdict.Kind, verdict.Instant) != (_state, _verdict, _until);
        (_verdict, _until) = (verdict.Kind, verdict.Instant);
        if (decision.End is { } end)
        {
            Shut(end);
        }
        else if (moved)
        {
            Move(decision.State);
        }
    }

    private void Move(DeliveryState to)
    {
        if (to is DeliveryState.Open)
        {
            _released.TrySetResult();
        }
        else if (_state is DeliveryState.Open)
        {
            _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        _state = to;
        Schedule();
    }

    private void Shut(ConnectionEnd end)
    {
        (_state, _end) = (DeliveryState.Shut, end);
        _released.TrySetResult();
        owner.Shut(this, end);
    }

    // A held one is looked at again at once: what holds it gives no sign when it is over. One that comes while the app
    // stops ends at once. The login may end before the token does.
    private void Schedule()
    {
        var end = owner.Now + owner.Until(_until);
        owner.Schedule(
            this,
            _state is DeliveryState.Held || owner.IsStopping ? default : _isAsked || end < _askAt ? end : _askAt);
    }

    private bool Take(NewToken found)
    {
        if (!found.IsAllowed || !IsOfTheSame(found.Facts))
        {
            Shut(ConnectionEnd.NotAllowed);
            return false;
        }

        owner.Replace(this, _facts, found.Facts);
        (_facts, handshake.User.Now) = (found.Facts, found.User);
        (_heldSince, _isAsked, _askAt, _until) = (null, false, AskTime(), 0);
        Judge();
        return _state is not DeliveryState.Shut;
    }

    private TimeSpan AskTime()
    {
        var life = owner.Until(_facts.ExpiresAt);
        var margin = life / 3 < owner.Options.RenewalMargin ? life / 3 : owner.Options.RenewalMargin;
        return owner.Now + life - margin;
    }

    private async Task AskAsync(TimeSpan left)
    {
        // Off the watch's thread and out of the lock, like the close.
        await Task.Yield();
        using var limit = owner.Limit();
        try
        {
            await transport.AskAsync(left, limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // A client that cannot be asked has until its token ends, like one that does not answer.
        }
    }

    private Task? BeginClose() => _closing ??= _end is null ? null : CloseAsync(_end, _facts);

    private async Task CloseAsync(ConnectionEnd end, TokenFacts facts)
    {
        // Off the watch's thread and out of the lock: what follows runs the app's code.
        await Task.Yield();
        using var limit = owner.Limit();
        try
        {
            owner.Told(this, facts, end);
            await transport.CloseAsync(end, limit.Token).ConfigureAwait(false);
            transport.Stop();
            await _over.Task.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            owner.Dropped(this, end);
            transport.Abort();
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // The client has gone. The app hears of it, unless it has done with the connection already.
            if (!_over.Task.IsCompleted)
            {
                transport.Abort();
            }
        }
    }
}
