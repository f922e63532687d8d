using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>The logouts that wait, and what is said of those that are over. Safe for concurrent use.</summary>
internal sealed class LogoutOutbox(ILogoutStore store, LogoutMetrics metrics, SteadyClock clock, ILogger<LogoutOutbox> logger)
{
    /// <summary>How long a logout waits for a client that does not take it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(24);

    // So many are given up in one transaction.
    private const int MaxGivenUp = 100;

    /// <summary>
    /// Some of the client's logouts from after a number on, then from the beginning: none keeps the rest from their turn.
    /// </summary>
    public async Task<IReadOnlyList<Logout>> NextAsync(
        string clientId, long after, int limit, CancellationToken cancellationToken)
    {
        var next = await store.ReadAsync(clientId, after, limit, cancellationToken).ConfigureAwait(false);
        return next.Count > 0 || after == 0
            ? next
            : await store.ReadAsync(clientId, 0, limit, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Keeps what came of telling a client. Not to be cancelled: what it took should not be told again.</summary>
    public async Task SettleAsync(IEnumerable<ToldLogout> told)
    {
        List<(Logout Logout, LogoutResult Result)> over =
            [.. told.Where(one => one.Result is not LogoutResult.None).Select(one => (one.Logout, one.Result))];
        if (over.Count == 0)
        {
            return;
        }

        await store.SettleAsync(over, CancellationToken.None).ConfigureAwait(false);
        foreach (var (logout, result) in over)
        {
            metrics.Settled(result);
            if (result is LogoutResult.Refused)
            {
                LogoutLog.Refused(logger, logout.ClientId, logout.SessionId);
            }
        }
    }

    /// <summary>Says that a client could not be told.</summary>
    public void Failed(string clientId, string fault)
    {
        metrics.Failed();
        LogoutLog.Failed(logger, clientId, fault);
    }

    /// <summary>Gives up what has waited for too long.</summary>
    public async Task GiveUpAsync(string clientId, CancellationToken cancellationToken)
    {
        var (count, overdue) = (0, (clock.Believed - Longest).ToUnixTimeSeconds());
        while (await OldestAsync(clientId, overdue, cancellationToken).ConfigureAwait(false) is { Count: > 0 } old)
        {
            await SettleAsync(old.Select(logout => new ToldLogout(
                logout, logout.Stands ? LogoutResult.Undelivered : LogoutResult.Dropped))).ConfigureAwait(false);
            count += old.Count;
        }

        if (count > 0)
        {
            LogoutLog.GivenUp(logger, clientId, count, Longest.TotalHours);
        }
    }

    private async Task<List<Logout>> OldestAsync(string clientId, long until, CancellationToken cancellationToken) =>
        [.. (await store.ReadAsync(clientId, 0, MaxGivenUp, cancellationToken).ConfigureAwait(false))
            .Where(logout => logout.Since <= until)];
}
