using System.Globalization;
using Microsoft.Data.Sqlite;
using Rescind.Authority.Diagnostics;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// What is known of the database outside of it: the newest head, and how often it was opened. The default knows nothing.
/// </summary>
internal readonly record struct StoreMark(LogPosition Head, long Opened);

/// <summary>
/// The data directory: the database, the lock that one process holds, and the mark of the newest known head. Files are
/// 0600 before SQLite opens them (its log and its index inherit that), a folder that is made here is 0700.
/// </summary>
internal sealed class SqliteFiles : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _mark;
    private readonly FileStream _lock;
    private readonly Action<string, sqlite3_stmt>? _prepared;
    private volatile string? _damage;

    /// <summary>
    /// Takes the lock; throws <see cref="StoreUnavailableException"/> if another process has it or the folder cannot be used.
    /// </summary>
    public SqliteFiles(string folder, string fileName, Action<string, sqlite3_stmt>? prepared = null)
    {
        _prepared = prepared;
        Database = Path.Combine(folder, fileName);
        _mark = Path.Combine(folder, "head");
        try
        {
            OwnFolder.Create(folder);
            _lock = OpenOwned(Path.Combine(folder, "lock"), FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SqliteFailure.Of(e, folder);
        }
    }

    public string Database { get; }

    /// <summary>What a restore builds, beside the database: while it is there nothing is opened.</summary>
    public string Restoring => Database + ".restoring";

    /// <summary>What is damaged in the database, as a sentence; null if nothing is known to be.</summary>
    public string? Damage { get => _damage; set => _damage = value; }

    /// <summary>Throws if the database is known to be damaged.</summary>
    public void RequireWhole()
    {
        if (_damage is { } damage)
        {
            throw new StoreUnavailableException(damage);
        }
    }

    /// <summary>
    /// Makes sure that the database is there and writable, and that it and what lies beside it are ours alone: a copy
    /// that was put back may be anybody's.
    /// </summary>
    public void PrepareDatabase()
    {
        if (File.Exists(Restoring))
        {
            throw new StoreUnavailableException(Errors.RestoreUnfinished.Sentence($"It left {Restoring}."));
        }

        if (File.Exists(Database) && new FileInfo(Database).IsReadOnly)
        {
            throw new StoreUnavailableException(Errors.DataReadOnly.Sentence($"It is about {Database}."));
        }

        OpenOwned(Database, FileShare.ReadWrite | FileShare.Delete).Dispose();
        string[] files = [Database, Database + "-wal", Database + "-shm", _lock.Name, _mark];
        foreach (var file in files.Where(File.Exists))
        {
            TakeFromOthers(file);
        }
    }

    /// <summary>
    /// The connection of the writer; <paramref name="inspect"/> comes before anything is changed, and throws for a
    /// database that is not to be touched.
    /// </summary>
    public SqliteLink OpenWriter(Action<SqliteLink> inspect) => Open(SqliteOpenMode.ReadWrite, link =>
    {
        inspect(link);
        link.Execute("pragma journal_mode = wal");
        link.Execute("pragma journal_size_limit = 67108864");
        link.Execute("pragma cache_size = -65536");
    });

    /// <summary>The bytes of the database and of its write-ahead log.</summary>
    public long Size =>
        new[] { Database, Database + "-wal" }.Select(static path => new FileInfo(path))
            .Sum(static file => file.Exists ? file.Length : 0);

    public SqliteLink OpenReader() => Open(SqliteOpenMode.ReadOnly, static _ => { });

    /// <summary>
    /// Throws if the write-ahead log here was written to a later state of the database than the file holds: somebody
    /// put an older copy beside it, and SQLite would mix the two without a word.
    /// </summary>
    public void RefuseForeignLog(StoreMark mark)
    {
        var log = new FileInfo(Database + "-wal");
        if (log is { Exists: true, Length: > 0 } && OpenedOfFileAlone() < mark.Opened)
        {
            throw new StoreUnavailableException(
                Errors.ForeignLog.Sentence($"{log.FullName} was written beside a newer {Database}."));
        }
    }

    /// <summary>What was marked last; the default if nothing ever was.</summary>
    public StoreMark ReadMark()
    {
        if (!File.Exists(_mark))
        {
            return default;
        }

        string[] parts = File.ReadAllText(_mark).Split(' ');
        return parts.Length == 2 && LogPosition.TryParse(parts[0], out var head)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var opened)
            ? new(head, opened)
            : throw new StoreUnavailableException(Errors.MarkDamaged.Sentence($"{_mark} does not hold what was written there."));
    }

    /// <summary>
    /// Marks a committed head outside the database, so that a start on an older copy of it is noticed. Whole or not at all.
    /// </summary>
    public void WriteMark(StoreMark mark)
    {
        var aside = _mark + ".new";
        using (var file = OpenOwned(aside, FileShare.None))
        {
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{mark.Head.Value} {mark.Opened}")));
            file.Flush(flushToDisk: true);
        }

        File.Move(aside, _mark, overwrite: true);
    }

    public void Dispose() => _lock.Dispose();

    // Null where the file says nothing: what a crash left unwritten or half written is whole in the log.
    private long? OpenedOfFileAlone()
    {
        var source = new SqliteConnectionStringBuilder
        {
            DataSource = new Uri(Database).AbsoluteUri + "?immutable=1", Mode = SqliteOpenMode.ReadOnly, Pooling = false,
        };
        using var connection = new SqliteConnection(source.ToString());
        using var link = new SqliteLink(connection);
        try
        {
            connection.Open();
            return link.Int64("select opened from head");
        }
        catch (SqliteException)
        {
            return null;
        }
    }

    private static void TakeFromOthers(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, OwnerOnly);
        }
    }

    /// <summary>Opens or makes a file that its owner alone can read.</summary>
    public static FileStream OpenOwned(string path, FileShare share)
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = share };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new(path, options);
    }

    // Every connection comes from here: durable in full, and proved to be (G2).
    private SqliteLink Open(SqliteOpenMode mode, Action<SqliteLink> prepare)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Database, Mode = mode, Pooling = false }.ToString());
        var link = new SqliteLink(connection, _prepared);
        try
        {
            connection.Open();
            link.Execute("pragma busy_timeout = 5000");
            prepare(link);
            link.Execute("pragma synchronous = full");
            if (link.Int64("pragma synchronous") != 2 || JournalMode(link) != "wal")
            {
                throw new StoreUnavailableException(Errors.DataUnusable.Sentence(
                    $"SQLite refuses a write-ahead log with full synchronisation for {Database}: "
                        + "its file system cannot keep it durably."));
            }

            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static string JournalMode(SqliteLink link) =>
        link.Prepare("pragma journal_mode").Find(static row => row.Text()) ?? "";
}
