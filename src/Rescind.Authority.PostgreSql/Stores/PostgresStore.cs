using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// The store of several nodes: one schema of a PostgreSQL database. Opening refuses, with a sentence for operators, a
/// database that cannot keep safe what it confirms. Safe for concurrent use.
/// </summary>
internal sealed class PostgresStore : IAuthorityStore, IAsyncDisposable
{
    private readonly PostgresDatabase _database;
    private readonly PostgresNode _node;
    private readonly PostgresWriter _writer;

    // Counts of many sessions leave connections to others.
    private readonly Turns _counts = new(2);

    private PostgresStore(PostgresDatabase database, PostgresNode node, PostgresNodes nodes, TimeProvider time)
    {
        (_database, _node, Nodes) = (database, node, nodes);
        _writer = new(database, node);
        Sessions = new PostgresSessions(_writer, database, node.Options.Issuer, time);
        Revocations = new PostgresRevocations(_writer, database, _counts, node, time);
        Registry = new PostgresRegistry(_writer, database);
        Logouts = new PostgresLogouts(_writer, database, node.Options.Issuer, time);
    }

    /// <inheritdoc/>
    public SteadyClock Clock => _node.Clock;

    /// <inheritdoc/>
    public SteadyClock StampingClock => _node.StampingClock;

    /// <inheritdoc/>
    public DateTimeOffset Newest => DateTimeOffset.FromUnixTimeSeconds(_node.Newest);

    /// <summary>Our own issuer.</summary>
    public string Issuer => _node.Options.Issuer;

    public ISessionStore Sessions { get; }

    public IRevocationStore Revocations { get; }

    public IRegistryStore Registry { get; }

    public ILogoutStore Logouts { get; }

    public INodeStore Nodes { get; }

    /// <inheritdoc/>
    public LogCommitted? Committed
    {
        get => _writer.Committed;
        set => _writer.Committed = value;
    }

    /// <summary>
    /// Opens the schema, or creates it; throws <see cref="StoreUnavailableException"/> with what to do if it cannot be used.
    /// </summary>
    public static async Task<PostgresStore> OpenAsync(PostgresStoreOptions options, TimeProvider time, Entropy entropy)
    {
        var database = PostgresDatabase.Of(options);
        try
        {
            var link = await database.OpenAsync().ConfigureAwait(false);
            await using (link.ConfigureAwait(false))
            {
                await PostgresDatabase.RequireSettingsAsync(link, options.Schema).ConfigureAwait(false);
                await PostgresDatabase.RequireDurableAsync(link).ConfigureAwait(false);
                await PostgresSchema.UpgradeAsync(link, options).ConfigureAwait(false);
                var opened = await PostgresEpoch.BeginAsync(link, options, entropy).ConfigureAwait(false);
                var standbys = await PostgresStandbys.FindAsynchronousAsync(link).ConfigureAwait(false);
                var nodes = new PostgresNodes(database, options, entropy.NextId(), standbys, time);
                return new(database, new(options, time, opened), nodes, time);
            }
        }
        catch (Exception e)
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw PostgresFailure.Of(e);
        }
    }

    /// <summary>
    /// Opens a schema of whatever issuer was recorded at its first start; throws <see cref="StoreUnavailableException"/>
    /// with what to do if it cannot be used.
    /// </summary>
    public static async Task<PostgresStore> OpenRecordedAsync(PostgresStoreOptions options, TimeProvider time, Entropy entropy)
    {
        var database = PostgresDatabase.Of(options);
        await using (database.ConfigureAwait(false))
        {
            var issuer = await database.ReadAsync(
                link => PostgresRestore.FindIssuerAsync(link, options.Schema), CancellationToken.None).ConfigureAwait(false);
            return await OpenAsync(options with { Issuer = issuer }, time, entropy).ConfigureAwait(false);
        }
    }

    /// <summary>Finishes what is queued and closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writer.DisposeAsync().ConfigureAwait(false);
        await _database.DisposeAsync().ConfigureAwait(false);
        _counts.Dispose();
    }
}
