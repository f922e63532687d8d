using Rescind.Authority.PostgreSql.Tests.Support;

[assembly: AssemblyFixture(typeof(PostgresCluster))]

namespace Rescind.Authority.PostgreSql.Tests.Support;

/// <summary>The server that the tests share: each has a schema of its own.</summary>
public sealed class PostgresCluster : IAsyncLifetime
{
    private PostgresServer? _server;
    private int _schemas;

    /// <summary>How an owner of the database connects.</summary>
    public string ConnectionString => Server.ConnectionString;

    private PostgresServer Server => _server ?? throw new InvalidOperationException("It has not been started.");

    /// <summary>The name of a schema that nobody has.</summary>
    public string NewSchema() => $"t{Interlocked.Increment(ref _schemas)}";

    public async ValueTask InitializeAsync() => _server = await PostgresServer.CreateAsync(
        "-c max_connections=300", "-c max_locks_per_transaction=256", "-c max_wal_size=4GB");

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    /// <summary>Ends every connection of a store, as a network that fails would.</summary>
    public Task EndConnectionsAsync(string schema) => ExecuteAsync(
        $"select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{schema}'");

    /// <summary>Runs a statement as the owner of everything.</summary>
    public Task ExecuteAsync(string sql) => Server.ExecuteAsync(sql);
}
