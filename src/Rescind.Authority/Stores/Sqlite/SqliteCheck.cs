using Microsoft.Data.Sqlite;
using Rescind.Authority.Diagnostics;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Looks whether every page of the database is whole. A start looks for a bounded time, which is enough for some
/// hundreds of megabytes; what is larger is looked at while the Authority runs, and once damage was found nothing is
/// read or recorded any more. Safe for concurrent use.
/// </summary>
internal sealed class SqliteCheck(SqliteFiles files)
{
    private volatile bool _isDone;

    /// <summary>Whether every page was looked at, and was whole.</summary>
    public bool IsDone => _isDone;

    /// <summary>Whether damage was found while the Authority runs.</summary>
    public bool HasFailed => files.Damage is not null;

    /// <summary>Looks until <paramref name="isOver"/>; throws for what is damaged.</summary>
    public void Begin(SqliteLink link, Func<bool> isOver) => _isDone = Look(link, files.Database, isOver);

    /// <summary>
    /// Looks at every page, on a connection of its own, for as long as it takes. Throws for what is damaged; so does,
    /// from then on, every other use of the store.
    /// </summary>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var link = files.OpenReader();
            _isDone = await Task.Run(
                () => Look(link, files.Database, () => cancellationToken.IsCancellationRequested),
                CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is DamagedException or SqliteException { SqliteErrorCode: raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB })
        {
            files.Damage = SqliteFailure.Of(e, files.Database).Message;
            throw new StoreUnavailableException(files.Damage, e);
        }
        catch (SqliteException e)
        {
            // The disk could not be read now: that says nothing of the pages.
            throw SqliteFailure.Of(e, files.Database);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>Whether every page was looked at before <paramref name="isOver"/>; throws for what is damaged.</summary>
    public static bool Look(SqliteLink link, string file, Func<bool> isOver)
    {
        link.EndWhen(isOver);
        try
        {
            using var row = link.Prepare("pragma quick_check(1)");
            return row.Step() && row.Text() is var answer && answer != "ok"
                ? throw new DamagedException(Errors.DataDamaged.Sentence($"{file}: {answer.ReplaceLineEndings(" ")}."))
                : true;
        }
        catch (SqliteException e) when (e.SqliteErrorCode == raw.SQLITE_INTERRUPT)
        {
            return false;
        }
        finally
        {
            link.EndWhen(null);
        }
    }

    private sealed class DamagedException(string message) : StoreUnavailableException(message);
}
