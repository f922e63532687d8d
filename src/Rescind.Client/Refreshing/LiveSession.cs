using Microsoft.Extensions.Logging;
using Rescind.Client.Diagnostics;

namespace Rescind.Client.Refreshing;

/// <summary>What a live session works with.</summary>
internal sealed record SessionParts(
    StoredTokens Stored, TokenEndpoint Endpoint, double RefreshAt, TimeProvider Time, Jitter Jitter, ILogger Logger);

/// <summary>
/// One login, from its start until it is logged out, replaced or ended. Any number of calls take tokens from it; at most one
/// refresh is under way, which belongs to none of them. Safe for concurrent use.
/// </summary>
internal sealed class LiveSession : IDisposable
{
    // A store that others change at every look is broken.
    private const int MostLooks = 5;

    private readonly SessionParts _parts;
    private readonly Action<SessionEnd> _onEnded;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly Lock _lock = new(); // Protects the fields below.
    private Holding _current;
    private SessionEnd? _end;
    private Task<SessionFailure?>? _refresh;
    private SessionFailure? _lastFailure;
    private int _failures;
    private Pause _pause;

    private volatile bool _isOver;

    // Of the refresh that is under way: what was stored when it looked, and whether somebody has changed that since.
    private SessionTokens? _stored;
    private bool _isChanged;

    public LiveSession(SessionTokens first, SessionParts parts, Action<SessionEnd> onEnded)
    {
        (_parts, _onEnded, _stopped) = (parts, onEnded, _stop.Token);
        _current = Hold(first);
    }

    public SessionEnd? End
    {
        get
        {
            lock (_lock)
            {
                return _end;
            }
        }
    }

    public Holding Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>
    /// Tokens to make a call with, or why there are none. Waits for a refresh only if those at hand are used up. Cancelling the
    /// wait does not cancel the refresh, which others may wait for.
    /// </summary>
    public async ValueTask<(Holding? Holding, SessionFailure? Failure)> TakeAsync(CancellationToken cancellationToken)
    {
        Task<SessionFailure?> refresh;
        lock (_lock)
        {
            if (_end is not null || _isOver)
            {
                return (null, _end is null ? SessionFailure.NoSession : SessionFailure.Of(_end));
            }

            var mayRefresh = _refresh is not null || _pause.IsOver(_parts.Time);
            if (_current.IsUsable)
            {
                // Early: the call goes on with what there is.
                _refresh ??= _current.IsDue && mayRefresh ? RefreshAsync() : null;
                return (_current, null);
            }

            if (!mayRefresh)
            {
                return AfterRefresh(_lastFailure);
            }

            refresh = _refresh ??= RefreshAsync();
        }

        return AfterRefresh(await refresh.WaitAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Nothing more is stored for this session, whatever is under way. Runs nobody's code.</summary>
    public void Withdraw() => _isOver = true;

    /// <summary>No further request, and nothing that is under way is kept.</summary>
    public void Dispose()
    {
        Withdraw();
        _stop.Cancel();
        _stop.Dispose();
    }

    /// <summary>Completes when no refresh is under way.</summary>
    public async Task StoppedAsync()
    {
        Task? refresh;
        lock (_lock)
        {
            refresh = _refresh;
        }

        await (refresh ?? Task.CompletedTask).ConfigureAwait(false);
    }

    private async Task<SessionFailure?> RefreshAsync()
    {
        // It was called under the lock, and belongs to no caller.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var failure = await TryRefreshAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _refresh = null;
            _lastFailure = failure;
            _failures = failure is null ? 0 : _failures + 1;
            _pause = failure is null ? default : Pause.From(_parts.Time, _parts.Jitter.PauseAfter(_failures));
        }

        return failure;
    }

    private async Task<SessionFailure?> TryRefreshAsync()
    {
        try
        {
            var failure = await LookAndAskAsync().ConfigureAwait(false);
            if (_isOver)
            {
                return SessionFailure.NoSession;
            }

            if (failure is { End: null })
            {
                ClientLog.NotRefreshed(_parts.Logger, failure.Sentence, failure.Cause);
            }

            return failure;
        }
        catch (OperationCanceledException) when (_stopped.IsCancellationRequested)
        {
            return SessionFailure.NoSession;
        }
#pragma warning disable CA1031 // A refresh that never ends would hold up every call to come.
        catch (Exception failure)
        {
            return new(ClientErrors.Unforeseen, null, failure);
        }
#pragma warning restore CA1031
    }

    private async Task<SessionFailure?> LookAndAskAsync()
    {
        for (var looks = 0; looks < MostLooks; looks++)
        {
            _isChanged = false;
            if ((await TakeNewerAsync().ConfigureAwait(false) ?? await AskAsync().ConfigureAwait(false)) is { } failure)
            {
                return failure;
            }

            if (!_isChanged)
            {
                return null;
            }
        }

        return new(ClientErrors.StoreFailed, "What it holds has changed again and again.");
    }

    /// <summary>Another process may have refreshed the session and stored what it got; its refresh token then counts, not ours.</summary>
    private Task<SessionFailure?> TakeNewerAsync() => _parts.Stored.LoadAsync(
        IsWanted,
        stored =>
        {
            var mine = Current;
            _stored = stored;
            if (stored is not null && stored.RefreshToken != mine.Tokens.RefreshToken && mine.IsOlderThan(stored))
            {
                Publish(Hold(stored));
            }
        },
        _stopped);

    private async Task<SessionFailure?> AskAsync()
    {
        var holding = Current;
        if (_isOver || (holding.IsUsable && !holding.IsDue))
        {
            return null;
        }

        var answer = await _parts.Endpoint.RefreshAsync(holding.Tokens.RefreshToken, _stopped).ConfigureAwait(false);
        return answer.Tokens is { } tokens ? await KeepAsync(Hold(tokens)).ConfigureAwait(false)
            : answer.Failure is { End: { } end } ? await EndAsync(holding.Tokens, end).ConfigureAwait(false)
            : answer.Failure;
    }

    private Task<SessionFailure?> KeepAsync(Holding next)
    {
        ClientLog.Refreshed(_parts.Logger);
        return _parts.Stored.SaveAsync(next.Tokens, BasisOn(_stored, () => Publish(next)), () => Publish(next), _stopped);
    }

    // Null if the session has not ended: what is stored is not what was refused.
    private async Task<SessionFailure?> EndAsync(SessionTokens refused, SessionEnd end)
    {
        var basis = BasisOn(refused, () => SetEnd(end));
        if (await _parts.Stored.ClearAsync(basis, () => SetEnd(end), _stopped).ConfigureAwait(false) is { } failure)
        {
            SetEnd(end);
            ClientLog.NotForgotten(_parts.Logger, failure.Cause);
        }

        if (End is null)
        {
            return null;
        }

        ClientLog.Ended(_parts.Logger, end.Reason, end.Explanation);
        _onEnded(end);
        return SessionFailure.Of(end);
    }

    private RefreshBasis BasisOn(SessionTokens? expected, Action onNothing) => new(expected, IsWanted, stored =>
    {
        if (stored is null)
        {
            onNothing();
            return;
        }

        Publish(Hold(stored));
        _isChanged = true;
    });

    private bool IsWanted() => !_isOver;

    private void Publish(Holding next)
    {
        lock (_lock)
        {
            _current.Retire();
            _current = next;
        }
    }

    private Holding Hold(SessionTokens tokens) => Holding.Of(this, tokens, _parts.RefreshAt, _parts.Jitter, _parts.Time);

    private void SetEnd(SessionEnd end)
    {
        lock (_lock)
        {
            _end = _isOver ? null : end;
        }
    }

    /// <summary>
    /// What there is when a refresh is over or has to wait. Without new tokens, those that only the wall clock says are over go on being
    /// used: it may have been put forward.
    /// </summary>
    private (Holding? Holding, SessionFailure? Failure) AfterRefresh(SessionFailure? failure)
    {
        lock (_lock)
        {
            return _isOver ? (null, SessionFailure.NoSession)
                : failure is null || (_end is null && _current.IsAlive) ? (_current, null)
                : (null, failure);
        }
    }
}
