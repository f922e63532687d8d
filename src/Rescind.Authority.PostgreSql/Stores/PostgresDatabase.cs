using Npgsql;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// The way to the database. Every connection waits two seconds for a lock at most, and a transaction in which nothing
/// happens for as long ends: whoever stands still keeps nobody. Warnings are sent whatever the account has set: what a
/// commit says beside "done" is in one. Safe for concurrent use.
/// </summary>
internal sealed class PostgresDatabase : IAsyncDisposable
{
    /// <summary>
    /// What is true as long as the server confirms only what is on its disk, and on those of the standbys that it waits for.
    /// </summary>
    public const string IsDurable =
        "current_setting('fsync') = 'on' and current_setting('synchronous_commit') in ('on', 'remote_apply')";

    private const string Session =
        "-c lock_timeout=2000 -c idle_in_transaction_session_timeout=2000 -c client_min_messages=warning";

    // What writes looks rows up by keys alone. A statement is planned once, maybe while its tables are empty: that plan must
    // not be a scan, nor one that is worth compiling.
    private static readonly string[] ByKeys =
    [
        "plan_cache_mode = force_generic_plan", "jit = off", "enable_seqscan = off", "enable_bitmapscan = off",
        "enable_sort = off", "enable_hashjoin = off", "enable_mergejoin = off",
    ];

    /// <summary>The most statements that a connection has prepared, unless the connection string says how many.</summary>
    private const int MostPrepared = 128;

    private readonly NpgsqlDataSource _source;
    private volatile bool _closed;

    private PostgresDatabase(NpgsqlDataSource source) => _source = source;

    /// <summary>The commits of this process that did not return in time.</summary>
    public LeftCommits Left { get; } = new();

    public static PostgresDatabase Of(PostgresStoreOptions options)
    {
        options.Validate();
        NpgsqlConnectionStringBuilder settings;
        try
        {
            settings = PostgresAddress.Read(options.ConnectionString);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The message of the parser can repeat a part of it, which may be a password.
            throw new StoreUnavailableException(Errors.DatabaseUnusable.Sentence("The connection string cannot be read."), e);
        }

        settings.SearchPath = options.Schema;
        settings.Options = $"{settings.Options} {Session}".Trim();
        settings.ApplicationName ??= "rescind";
        settings.NoResetOnClose = true;
        settings.Multiplexing = false;
        settings.Enlist = false;
        settings.PersistSecurityInfo = false;
        Prepare(settings);
        KeepAlive(settings);
        return new(new NpgsqlDataSourceBuilder(settings.ConnectionString).Build());
    }

    /// <summary>
    /// A connection; dispose it to give it back. Throws <see cref="StoreUnavailableException"/> if there is none.
    /// </summary>
    public async Task<PostgresLink> OpenAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireOpen();
        try
        {
            return new(await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false), Left, _source.Clear);
        }
        catch (Exception e) when (PostgresFailure.IsOfNetwork(e))
        {
            RequireOpen();
            throw PostgresFailure.Of(e);
        }
    }

    /// <summary>
    /// One for what is written, again and again, by the keys of rows: drop it in the end. Throws if what the database confirms
    /// is not on its disk.
    /// </summary>
    public async Task<PostgresLink> OpenToWriteAsync()
    {
        Left.RequireFew();
        var link = await OpenAsync().ConfigureAwait(false);
        try
        {
            Array.ForEach(ByKeys, setting => link.Add($"set {setting}"));
            await RequireDurableAsync(link).ConfigureAwait(false);
            return link;
        }
        catch
        {
            await link.DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Reads with statements of their own, each of which sees what is committed then.</summary>
    public async Task<T> ReadAsync<T>(Func<PostgresLink, Task<T>> read, CancellationToken cancellationToken)
    {
        var link = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using (link.ConfigureAwait(false))
        {
            try
            {
                return await read(link).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresFailure.IsOfDatabase(e))
            {
                throw PostgresFailure.Of(e);
            }
        }
    }

    /// <summary>Reads what was committed at one moment, however long it takes.</summary>
    public Task<T> ReadMomentAsync<T>(Func<PostgresLink, Task<T>> read, CancellationToken cancellationToken) => ReadAsync(
        async link =>
        {
            link.Add("begin isolation level repeatable read read only");
            try
            {
                return await read(link).ConfigureAwait(false);
            }
            finally
            {
                if (link.IsOpen)
                {
                    await link.RollbackAsync().ConfigureAwait(false);
                }
            }
        },
        cancellationToken);

    /// <summary>Throws if <see cref="IsDurable"/>, which may change at any time, is not true.</summary>
    public static void RequireDurable(bool isDurable)
    {
        if (!isDurable)
        {
            throw new StoreUnavailableException(Errors.DatabaseNotDurable.Sentence("It was set so while this node runs."));
        }
    }

    /// <summary>
    /// Throws unless a connection has what it was opened with: a pool between may have been told to leave it out, and the
    /// tables would be looked for in another schema.
    /// </summary>
    public static async Task RequireSettingsAsync(PostgresLink link, string schema)
    {
        var (path, locks, idle, messages) = await link.FindAsync(
            new("""
                select current_setting('search_path'), current_setting('lock_timeout'),
                    current_setting('idle_in_transaction_session_timeout'), current_setting('client_min_messages')
                """),
            static row => (row.Text(), row.Text(), row.Text(), row.Text())).ConfigureAwait(false);
        if ((path.Trim('"'), locks, idle, messages) != (schema, "2s", "2s", "warning"))
        {
            throw new StoreUnavailableException(Errors.DatabaseUnusable.Sentence(
                "Its connections do not have the search_path, lock_timeout, idle_in_transaction_session_timeout and "
                    + "client_min_messages that they are opened with: a pool between leaves them out."));
        }
    }

    /// <summary>Throws unless what the database confirms is on its disk, and it takes changes.</summary>
    public static async Task RequireDurableAsync(PostgresLink link)
    {
        var (encoding, fsync, synchronous, isStandby, isReadOnly) = await link.FindAsync(
            new("""
                select current_setting('server_encoding'), current_setting('fsync'), current_setting('synchronous_commit'),
                    pg_is_in_recovery(), current_setting('default_transaction_read_only') = 'on'
                """),
            static row => (row.Text(), row.Text(), row.Text(), row.Bool(), row.Bool())).ConfigureAwait(false);
        if (isStandby || isReadOnly)
        {
            throw new StoreUnavailableException(Errors.DatabaseReadOnly.Sentence(isStandby ? "It is a standby." : ""));
        }

        if (fsync != "on" || synchronous is not ("on" or "remote_apply"))
        {
            throw new StoreUnavailableException(Errors.DatabaseNotDurable.Sentence(
                $"fsync is {fsync}, and synchronous_commit is {synchronous}."));
        }

        if (encoding != "UTF8")
        {
            throw new StoreUnavailableException(Errors.DatabaseUnusable.Sentence(
                $"Its encoding is {encoding}, and must be UTF8."));
        }
    }

    public ValueTask DisposeAsync()
    {
        _closed = true;
        return _source.DisposeAsync();
    }

    // Where a pool between gives each transaction another connection, its operator says 0.
    private static void Prepare(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.ShouldSerialize("Max Auto Prepare"))
        {
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (MostPrepared, 2);
        }
    }

    // A commit that is left alone ends with its connection, although nothing is sent on it: where the server is gone that
    // has to be noticed.
    private static void KeepAlive(NpgsqlConnectionStringBuilder settings)
    {
        if (!settings.TcpKeepAlive && settings.TcpKeepAliveTime == 0)
        {
            (settings.TcpKeepAlive, settings.TcpKeepAliveTime, settings.TcpKeepAliveInterval) = (true, 10, 5);
        }
    }

    private void RequireOpen()
    {
        if (_closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }
    }
}
