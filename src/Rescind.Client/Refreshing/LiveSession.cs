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
    private DateTimeOffset _notBefore;

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
            if (_end is not null)
            {
                return (null, SessionFailure.Of(_end));
            }

            var now = _parts.Time.GetUtcNow();
            var mayRefresh = _refresh is not null || now >= _notBefore;
            if (_current.IsUsable(now))
            {
                // Early: the call goes on with what there is.
                _refresh ??= _current.IsDue(now) && mayRefresh ? RefreshAsync() : null;
                return (_current, null);
            }

            if (!mayRefresh)
            {
                return (null, _lastFailure);
            }

            refresh = _refresh ??= RefreshAsync();
        }

        return await refresh.WaitAsync(cancellationToken).ConfigureAwait(false) is { } failure ? (null, failure) : (Current, null);
    }

    /// <summary>No further request, and nothing that is under way is kept.</summary>
    public void Dispose()
    {
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
            _notBefore = failure is null ? default : _parts.Time.GetUtcNow() + _parts.Jitter.PauseAfter(_failures);
        }

        return failure;
    }

    private async Task<SessionFailure?> TryRefreshAsync()
    {
        try
        {
            var failure = await TakeNewerAsync().ConfigureAwait(false) ?? await AskAsync().ConfigureAwait(false);
            if (_stopped.IsCancellationRequested)
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

    /// <summary>Another process may have refreshed the session and stored what it got; its refresh token then counts, not ours.</summary>
    private Task<SessionFailure?> TakeNewerAsync() => _parts.Stored.LoadAsync(
        IsWanted,
        stored =>
        {
            var mine = Current.Tokens;
            if (stored is not null && stored.RefreshToken != mine.RefreshToken && stored.ExpiresAt > mine.ExpiresAt)
            {
                Publish(stored);
            }
        },
        _stopped);

    private async Task<SessionFailure?> AskAsync()
    {
        var now = _parts.Time.GetUtcNow();
        var holding = Current;
        if (holding.IsUsable(now) && !holding.IsDue(now))
        {
            return null;
        }

        var answer = await _parts.Endpoint.RefreshAsync(holding.Tokens.RefreshToken, _stopped).ConfigureAwait(false);
        if (answer.Tokens is { } tokens)
        {
            ClientLog.Refreshed(_parts.Logger);
            return await _parts.Stored.SaveAsync(tokens, IsWanted, () => Publish(tokens), _stopped).ConfigureAwait(false);
        }

        if (answer.Failure is { End: { } end })
        {
            await EndAsync(end).ConfigureAwait(false);
        }

        return answer.Failure;
    }

    private async Task EndAsync(SessionEnd end)
    {
        var failure = await _parts.Stored.ClearAsync(IsWanted, () => Withdraw(end), _stopped).ConfigureAwait(false);
        if (failure is not null)
        {
            ClientLog.NotForgotten(_parts.Logger, failure.Cause);
        }

        if (End is not null)
        {
            ClientLog.Ended(_parts.Logger, end.Reason, end.Explanation);
            _onEnded(end);
        }
    }

    private bool IsWanted() => !_stopped.IsCancellationRequested;

    private void Publish(SessionTokens tokens)
    {
        lock (_lock)
        {
            _current.Retire();
            _current = Hold(tokens);
        }
    }

    private Holding Hold(SessionTokens tokens) => Holding.Of(tokens, _parts.RefreshAt, _parts.Jitter, _parts.Time.GetUtcNow());

    private void Withdraw(SessionEnd end)
    {
        lock (_lock)
        {
            _end = end;
        }
    }
}
