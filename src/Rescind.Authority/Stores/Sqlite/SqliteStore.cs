using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The embedded store: one SQLite database in a directory that one process holds. Opening checks the database and
/// refuses, with a sentence for operators, what it cannot keep safe. Safe for concurrent use.
/// </summary>
internal sealed class SqliteStore : IAuthorityStore, IAsyncDisposable
{
    private readonly SqliteFiles _files;
    private readonly SqliteReaders _readers;
    private readonly SqliteLink _link;
    private readonly SqliteLog _log;
    private readonly SqliteWriter _writer;

    // Counts of many sessions leave readers to others.
    private readonly Turns _counts = new(2);

    private SqliteStore(
        SqliteFiles files, SqliteLink link, SqliteLog log, SqliteCheck check, StoreMark mark, SqliteStoreOptions options,
        TimeProvider time)
    {
        Check = check;
        (_files, _link, Issuer, StampingClock) = (files, link, options.Issuer, log.Clock);
        Clock = new(time, PastOf(log) ?? time.GetUtcNow(), SteadyClock.PatienceToForget);
        _log = log;
        _readers = new(files);
        _writer = new(log, files, mark, time);
        Sessions = new SqliteSessions(_writer, _readers, options.Issuer, time);
        Revocations = new SqliteRevocations(_writer, _readers, _counts, options, Clock, time);
        Registry = new SqliteRegistry(_writer, _readers);
        Logouts = new SqliteLogouts(_writer, _readers, options.Issuer, time);
        Nodes = new SqliteNodes(_writer, time);
        Backup = new(files);
    }

    /// <summary>Our own issuer.</summary>
    public string Issuer { get; }

    /// <inheritdoc/>
    public SteadyClock Clock { get; }

    /// <inheritdoc/>
    public SteadyClock StampingClock { get; }

    /// <inheritdoc/>
    public DateTimeOffset Newest => DateTimeOffset.FromUnixTimeSeconds(_log.Newest);

    public ISessionStore Sessions { get; }

    public IRevocationStore Revocations { get; }

    public IRegistryStore Registry { get; }

    public ILogoutStore Logouts { get; }

    public INodeStore Nodes { get; }

    public SqliteBackup Backup { get; }

    /// <summary>Whether its pages are whole.</summary>
    public SqliteCheck Check { get; }

    /// <summary>How large its files are, in bytes.</summary>
    public long Size => _files.Size;

    /// <inheritdoc/>
    public LogCommitted? Committed
    {
        get => _writer.Committed;
        set => _writer.Committed = value;
    }

    /// <summary>
    /// Opens or creates the database; throws <see cref="StoreUnavailableException"/> with what to do if it cannot be used.
    /// </summary>
    public static SqliteStore Open(SqliteStoreOptions options, TimeProvider time, Entropy entropy) =>
        Open(new SqliteFiles(options.Folder, options.FileName, options.Prepared), _ => options, options.CheckTime, time, entropy);

    /// <summary>
    /// Opens a database that is there, whichever issuer it was recorded for: for whoever has the data and not the configuration.
    /// </summary>
    public static SqliteStore OpenRecorded(string folder, TimeProvider time, Entropy entropy)
    {
        var file = Path.Combine(folder, SqliteStoreOptions.DefaultFileName);
        if (!File.Exists(file))
        {
            throw new StoreUnavailableException(Errors.DataUnusable.Sentence($"There is no {file}."));
        }

        return Open(
            new SqliteFiles(folder, SqliteStoreOptions.DefaultFileName),
            link => SqliteEpoch.RecordedIssuer(link) is { } issuer
                ? new() { Folder = folder, Issuer = issuer }
                : throw new StoreUnavailableException(Errors.DataUnusable.Sentence($"{file} was never started.")),
            SqliteStoreOptions.DefaultCheckTime,
            time,
            entropy);
    }

    private static SqliteStore Open(
        SqliteFiles files, Func<SqliteLink, SqliteStoreOptions> choose, TimeSpan checkTime, TimeProvider time, Entropy entropy)
    {
        SqliteLink? link = null;
        try
        {
            files.PrepareDatabase();
            var mark = files.ReadMark();
            files.RefuseForeignLog(mark);
            var (check, began) = (new SqliteCheck(files), time.GetTimestamp());
            link = files.OpenWriter(found =>
            {
                SqliteSchema.Inspect(found, files.Database);
                check.Begin(found, () => time.GetElapsedTime(began) >= checkTime);
            });
            SqliteSchema.Upgrade(link);
            var options = choose(link);
            var log = new SqliteLog(link, options, time);
            SqliteEpoch.Begin(log, mark, entropy);
            return new(files, link, log, check, mark, options, time);
        }
        catch (Exception e)
        {
            link?.Dispose();
            files.Dispose();
            throw SqliteFailure.Of(e, files.Database);
        }
    }

    /// <summary>
    /// Begins another epoch whose time is the present one, where the log is ahead of it. What is dated later is dated
    /// now; nothing else changes.
    /// </summary>
    public Task<AcceptedTime> AcceptTimeAsync(AuditContext audit, Entropy entropy, CancellationToken cancellationToken) =>
        _writer.RunAsync(log => SqliteEpoch.AcceptTime(log, entropy, audit), cancellationToken);

    // Null where nothing was recorded yet.
    private static DateTimeOffset? PastOf(SqliteLog log) =>
        log.Start.Past == 0 ? null : DateTimeOffset.FromUnixTimeSeconds(log.Start.Past);

    /// <summary>Finishes what is queued, closes the database and lets the directory go.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        _readers.Dispose();
        Backup.Dispose();
        _counts.Dispose();
        _link.Dispose();
        _files.Dispose();
    }
}
