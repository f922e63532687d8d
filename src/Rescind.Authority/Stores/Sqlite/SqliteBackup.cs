using System.Security.Cryptography;
using Microsoft.Data.Sqlite;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// Copies of the database while it is in use: one read transaction, which the writer does not wait for, into a file of
/// its own beside the database. One at a time, so that the disk holds one copy at most. Safe for concurrent use.
/// </summary>
internal sealed class SqliteBackup(SqliteFiles files) : IDisposable
{
    /// <summary>What stays free beside a copy: the writer's log is kept below this size and must not meet a full disk.</summary>
    private const long Spare = 128 * 1024 * 1024;

    private readonly Turns _one = new(1);

    private string Aside => files.Database + ".backup";

    /// <summary>Takes the only turn; null while another copy is made or sent. Disposing gives it back.</summary>
    public IDisposable? TryTakeTurn() => _one.TryTake();

    /// <summary>How many bytes are missing on the disk for another copy; 0 if there is room.</summary>
    public long MissingBytes() => Math.Max(0, new FileInfo(files.Database).Length
        + new FileInfo(files.Database + "-wal") switch { { Exists: true } log => log.Length, _ => 0 }
        + Spare - new DriveInfo(Path.GetFullPath(files.Database)).AvailableFreeSpace);

    /// <summary>
    /// Makes a copy, as one file without a log beside it, which is gone when it is closed. Call it in one's turn.
    /// </summary>
    public async Task<BackupCopy> MakeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Run(() => Copy(cancellationToken), CancellationToken.None).ConfigureAwait(false);
            return await OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw SqliteFailure.Of(e, Aside, "Nothing was copied.");
        }
        finally
        {
            // An open file lives on without its name; what a kill leaves is overwritten by the next copy.
            File.Delete(Aside);
        }
    }

    public void Dispose() => _one.Dispose();

    private void Copy(CancellationToken cancellationToken)
    {
        files.RequireWhole();
        File.Delete(Aside);
        SqliteFiles.OpenOwned(Aside, FileShare.None).Dispose();
        using var link = files.OpenReader();
        using var interrupted = cancellationToken.Register(link.Interrupt);
        cancellationToken.ThrowIfCancellationRequested();
        link.Prepare("vacuum into ?1").Bind(Aside).Run();
    }

    private async Task<BackupCopy> OpenAsync(CancellationToken cancellationToken)
    {
        var content = SqliteFiles.OpenOwned(Aside, FileShare.Read | FileShare.Delete);
        try
        {
            var digest = await SHA256.HashDataAsync(content, cancellationToken).ConfigureAwait(false);
            content.Position = 0;
            return new(content, digest);
        }
        catch
        {
            await content.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

/// <summary>A copy of the database at its first byte, and the SHA-256 of the whole.</summary>
internal sealed record BackupCopy(FileStream Content, byte[] Digest);
