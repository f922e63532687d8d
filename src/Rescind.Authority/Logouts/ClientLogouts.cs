using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>
/// Tells one client, turn by turn: some logouts at once while it answers, a single one after a pause while it does not. A failure
/// says something of the client and not of the logout, so all of its logouts wait; those of others do not. One caller at a time.
/// </summary>
internal sealed class ClientLogouts(string clientId, LogoutOutbox outbox, LogoutCalls calls, Entropy entropy, TimeProvider time)
{
    /// <summary>The most calls at once.</summary>
    public const int MaxAtOnce = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    // FirstPause doubled so often is past LongestPause.
    private const int MaxDoublings = 9;

    private bool _answers;
    private int _failures;
    private long _after;

    /// <summary>The turn that is under way, its pause included, or the last one.</summary>
    public Task Turn { get; private set; } = Task.CompletedTask;

    /// <summary>Begins a turn unless one is under way.</summary>
    /// <param name="url">Where the client is told.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task ContinueAsync(string url, CancellationToken cancellationToken) =>
        Turn.IsCompleted ? Turn = TakeTurnAsync(url, cancellationToken) : Turn;

    private async Task TakeTurnAsync(string url, CancellationToken cancellationToken)
    {
        var fault = await TryAsync(url, cancellationToken).ConfigureAwait(false);
        (_answers, _failures) = fault is null ? (true, 0) : (false, _failures + 1);
        if (fault is not null)
        {
            outbox.Failed(clientId, fault);
            await Task.Delay(PauseAfter(_failures), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string?> TryAsync(string url, CancellationToken cancellationToken)
    {
        try
        {
            var fault = await TellSomeAsync(url, cancellationToken).ConfigureAwait(false);
            if (fault is not null)
            {
                await outbox.GiveUpAsync(clientId, cancellationToken).ConfigureAwait(false);
            }

            return fault;
        }
        catch (StoreUnavailableException e)
        {
            // What was told and could not be kept is told again, under the same id, and not at once.
            return e.Message;
        }
    }

    // After a failure the next logout has its turn: one that the client cannot take does not hold up the rest.
    private async Task<string?> TellSomeAsync(string url, CancellationToken cancellationToken)
    {
        var logouts = await outbox.NextAsync(clientId, _after, _answers ? MaxAtOnce : 1, cancellationToken).ConfigureAwait(false);
        var told = await Task.WhenAll(logouts.Select(logout => TellAsync(url, logout, cancellationToken))).ConfigureAwait(false);
        await outbox.SettleAsync(told).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        var failed = Array.Find(told, one => one.Result is LogoutResult.None);
        _after = failed?.Logout.Number ?? (logouts.Count > 0 ? logouts[^1].Number : 0);
        return failed?.Fault;
    }

    private Task<ToldLogout> TellAsync(string url, Logout logout, CancellationToken cancellationToken) => logout.Stands
        ? calls.TellAsync(url, logout, cancellationToken)
        : Task.FromResult(new ToldLogout(logout, LogoutResult.Dropped));

    private TimeSpan PauseAfter(int failures)
    {
        var pause = FirstPause * Math.Pow(2, Math.Min(failures - 1, MaxDoublings));
        return (pause < LongestPause ? pause : LongestPause) * ((1 + entropy.NextFraction()) / 2);
    }
}
