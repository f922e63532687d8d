using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The data directory: the database, the lock that one process holds, and the mark of the newest known head. Files are 0600 before
/// SQLite opens them (its log and its index inherit that), the folder is 0700.
/// </summary>
internal sealed class SqliteFiles : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _mark;
    private readonly FileStream _lock;

    /// <summary>Takes the lock; throws <see cref="StoreUnavailableException"/> if another process has it or the folder cannot be used.</summary>
    public SqliteFiles(string folder, string fileName)
    {
        Database = Path.Combine(folder, fileName);
        _mark = Path.Combine(folder, "head");
        try
        {
            CreateFolder(folder);
            _lock = OpenOwned(Path.Combine(folder, "lock"), FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException(
                $"The data directory {folder} cannot be locked: another Authority is running on it, or this account may not write "
                    + $"there. Stop the other one, or choose another directory.", e);
        }
    }

    public string Database { get; }

    /// <summary>Makes sure that the database is there, ours alone, and writable.</summary>
    public void PrepareDatabase()
    {
        if (File.Exists(Database) && new FileInfo(Database).IsReadOnly)
        {
            throw new StoreUnavailableException($"{Database} is read-only; make it writable for the account that runs the Authority.");
        }

        OpenOwned(Database, FileShare.ReadWrite | FileShare.Delete).Dispose();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Database, OwnerOnly);
        }
    }

    public SqliteLink OpenWriter() => Open(SqliteOpenMode.ReadWrite);

    public SqliteLink OpenReader() => Open(SqliteOpenMode.ReadOnly);

    /// <summary>The newest head that was ever marked; the default if none was.</summary>
    public LogPosition ReadMark()
    {
        if (!File.Exists(_mark))
        {
            return default;
        }

        return LogPosition.TryParse(File.ReadAllText(_mark), out var position)
            ? position
            : throw new StoreUnavailableException(
                $"{_mark} does not hold a position, so nobody can say whether the database is an older copy. Delete it if you know that it is not.");
    }

    /// <summary>Marks a committed head outside the database, so that a start on an older copy of it is noticed. Whole or not at all.</summary>
    public void WriteMark(LogPosition head)
    {
        var aside = _mark + ".new";
        using (var file = OpenOwned(aside, FileShare.None))
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(head.Value.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, _mark, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }

    private static FileStream OpenOwned(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new(path, options);
    }

    // Every connection comes from here: durable in full, and proved to be (G2).
    private SqliteLink Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database, Mode = mode, Pooling = false }.ToString());
        try
        {
            connection.Open();
            var link = new SqliteLink(connection);
            link.Execute("pragma busy_timeout = 5000");
            if (mode is SqliteOpenMode.ReadWrite)
            {
                link.Execute("pragma journal_mode = wal");
                link.Execute("pragma journal_size_limit = 67108864");
                link.Execute("pragma cache_size = -65536");
            }

            link.Execute("pragma synchronous = full");
            if (link.Int64("pragma synchronous") != 2 || JournalMode(link) != "wal")
            {
                throw new StoreUnavailableException($"{Database} cannot be used durably: SQLite refuses a write-ahead log with "
                    + $"full synchronisation on this file system.");
            }

            return link;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static string JournalMode(SqliteLink link)
    {
        using var row = link.Prepare("pragma journal_mode");
        return row.Step() ? row.Text() : "";
    }
}
