using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Authority;

/// <summary>
/// Finishes what a start did not have the time for: looking whether every page of a large database is whole. It says
/// that it does, and what it found.
/// </summary>
internal sealed class DataCheck(SqliteStore store, TimeProvider time, ILogger<DataCheck> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (store.Check.IsDone)
        {
            return;
        }

        var began = time.GetTimestamp();
        UpkeepLog.Checking(logger);
        try
        {
            await store.Check.FinishAsync(stoppingToken).ConfigureAwait(false);
            UpkeepLog.Checked(logger, (long)time.GetElapsedTime(began).TotalSeconds);
        }
        catch (Exception e) when (e is StoreUnavailableException or SqliteException)
        {
            if (store.Check.HasFailed)
            {
                UpkeepLog.Damaged(logger, e.Message);
            }
            else
            {
                UpkeepLog.Unchecked(logger, e.Message);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start begins anew.
        }
    }
}
