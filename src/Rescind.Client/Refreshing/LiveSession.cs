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

    // A store that gives back what it held some refreshes ago is not believed.
    private const int MostReplaced = 64;

    private readonly SessionParts _parts;
    private readonly Action<LiveSession, SessionEnd?> _onOver;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;
    private readonly Lock _lock = new(); // Protects the fields below.
    private readonly Queue<string> _replaced = new(); // Refresh tokens that it had before the current one.
    private ActiveTokens _current;
    private SessionEnd? _end;
    private Task<SessionFailure?>? _refresh;
    private SessionFailure? _lastFailure;
    private int _failures;
    private Pause _pause;

    private volatile bool _isOver;

    // Of the refresh that is under way: whether somebody else has changed what is stored, and whether the store was found empty.
    private bool _isChanged;
    private bool _isCleared;

    /// <summary>
    /// Goes on with tokens that are stored. <paramref name="onOver"/> is called once if the session is over without a
    /// call from here: with its end if the Authority ended it, without one if another process has logged it out.
    /// </summary>
    public LiveSession(SessionTokens first, SessionParts parts, Action<LiveSession, SessionEnd?> onOver)
    {
        (_parts, _onOver, _stopped) = (parts, onOver, _stop.Token);
        _current = Hold(first.LoginId is null ? first with { LoginId = SessionTokens.LoginIdOf(first.RefreshToken) } : first);
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

    public ActiveTokens Current
    {
        get
        {
            lock (_lock)
            {
                return _current;
            }
        }
    }

    /// <summary>Which login its tokens come from.</summary>
    public string LoginId => Current.Tokens.LoginId!;

    /// <summary>
    /// Tokens to make a call with, or why there are none. Waits for a refresh only if those at hand are used up. Cancelling the
    /// wait does not cancel the refresh, which others may wait for.
    /// </summary>
    public async ValueTask<(ActiveTokens? Active, SessionFailure? Failure)> TakeAsync(CancellationToken cancellationToken)
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
    public void Withdraw()
    {
        lock (_lock)
        {
            _isOver = true;
        }
    }

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

        // No refresh is under way any more: whoever is told may wait for that.
        if (_isCleared || failure is { End: not null })
        {
            _onOver(this, failure?.End);
        }

        return failure;
    }

    private async Task<SessionFailure?> TryRefreshAsync()
    {
        try
        {
            var failure = await LookAndAskAsync().ConfigureAwait(false);
            if (_isCleared)
            {
                ClientLog.LoggedOutElsewhere(_parts.Logger);
            }

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
            if ((await TakeNewsAsync().ConfigureAwait(false) ?? await AskAsync().ConfigureAwait(false)) is { } failure)
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

    /// <summary>
    /// Another process may have refreshed the session and stored what it got, which then counts, or have logged it out. Seen by
    /// what is stored, never by how long it lives: a clock may have been set, or the Authority's lifetimes been changed.
    /// </summary>
    private Task<SessionFailure?> TakeNewsAsync() => _parts.Stored.LoadAsync(
        IsWanted,
        found =>
        {
            if (found.IsEmpty)
            {
                LeaveCleared();
            }
            else if (found.Tokens is { } stored && IsNews(stored))
            {
                Publish(TakeOver(stored));
            }
        },
        _stopped);

    private async Task<SessionFailure?> AskAsync()
    {
        var active = Current;
        if (_isOver || (active.IsUsable && !active.IsDue))
        {
            return null;
        }

        var answer = await _parts.Endpoint.RefreshAsync(active.Tokens.RefreshToken, _stopped).ConfigureAwait(false);
        return answer.Tokens is { } tokens
            ? await KeepAsync(Hold(tokens with { LoginId = active.Tokens.LoginId })).ConfigureAwait(false)
            : answer.Failure is { End: { } end } ? await EndAsync(end).ConfigureAwait(false)
            : answer.Failure;
    }

    private Task<SessionFailure?> KeepAsync(ActiveTokens next)
    {
        ClientLog.Refreshed(_parts.Logger);
        return _parts.Stored.SaveAsync(next.Tokens, Basis(LeaveCleared), () => Publish(next), _stopped);
    }

    // Null if the session has not ended: what is stored is not what was refused.
    private async Task<SessionFailure?> EndAsync(SessionEnd end)
    {
        if (await _parts.Stored.ClearAsync(
            Basis(() => SetEnd(end)), () => SetEnd(end), _stopped).ConfigureAwait(false) is { } failure)
        {
            SetEnd(end);
            ClientLog.NotForgotten(_parts.Logger, failure.Cause);
        }

        if (End is null)
        {
            return null;
        }

        ClientLog.Ended(_parts.Logger, end.Reason, end.Explanation);
        return SessionFailure.Of(end);
    }

    private RefreshBasis Basis(Action onNothing) => new(IsNews, IsWanted, stored =>
    {
        if (stored is null)
        {
            onNothing();
            return;
        }

        Publish(TakeOver(stored));
        _isChanged = true;
    });

    private bool IsWanted() => !_isOver;

    /// <summary>
    /// Whether somebody else has stored this: its refresh token is not the one in use here, nor one from before.
    /// </summary>
    private bool IsNews(SessionTokens stored)
    {
        lock (_lock)
        {
            return stored.RefreshToken != _current.Tokens.RefreshToken && !_replaced.Contains(stored.RefreshToken);
        }
    }

    private void LeaveCleared()
    {
        lock (_lock)
        {
            (_isCleared, _isOver) = (!_isOver, true);
        }
    }

    private void Publish(ActiveTokens next)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _replaced.Enqueue(_current.Tokens.RefreshToken);
            if (_replaced.Count > MostReplaced)
            {
                _replaced.Dequeue();
            }

            _current.Retire();
            _current = next;
        }
    }

    private ActiveTokens TakeOver(SessionTokens stored) =>
        Hold(stored with { LoginId = stored.LoginId ?? LoginId }, isTakenOver: true);

    private ActiveTokens Hold(SessionTokens tokens, bool isTakenOver = false) =>
        ActiveTokens.Of(tokens, _parts.RefreshAt, _parts.Jitter, _parts.Time, isTakenOver);

    private void SetEnd(SessionEnd end)
    {
        lock (_lock)
        {
            _end = _isOver ? null : end;
        }
    }

    /// <summary>
    /// What there is when a refresh is over or has to wait. Without new tokens, those that only the wall clock says are
    /// over go on being used: it may have been put forward.
    /// </summary>
    private (ActiveTokens? Active, SessionFailure? Failure) AfterRefresh(SessionFailure? failure)
    {
        lock (_lock)
        {
            return _isOver ? (null, _end is null ? SessionFailure.NoSession : SessionFailure.Of(_end))
                : failure is null || (_end is null && _current.IsAlive) ? (_current, null)
                : (null, failure);
        }
    }
}
