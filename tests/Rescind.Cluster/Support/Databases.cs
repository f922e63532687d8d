using Npgsql;
using Rescind.Authority.PostgreSql.Tests.Support;
using Rescind.Cluster.Support;

[assembly: AssemblyFixture(typeof(Databases))]

namespace Rescind.Cluster.Support;

/// <summary>
/// A server on which each cluster of nodes has a database of its own: the first of a run is everybody's, and whoever
/// does it harm has another.
/// </summary>
public sealed class Databases : IAsyncLifetime
{
    private static readonly string[] Settings = ["-c max_connections=300", "-c max_wal_size=4GB"];

    private static Databases? _current;
    private PostgresServer? _server;
    private int _made;

    /// <summary>Everybody's; throws before the run began.</summary>
    public static Databases Current => _current ?? throw new InvalidOperationException("The server has not been started.");

    private PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.CreateAsync(Settings);
        _current ??= this;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await Server.DisposeAsync();
    }

    /// <summary>Makes an empty database; how its owner connects.</summary>
    public async Task<string> CreateAsync()
    {
        var name = $"cluster{Interlocked.Increment(ref _made)}";
        await Server.ExecuteAsync($"create database {name}");
        return new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Ends every connection to the databases of the nodes, as a network that fails would.</summary>
    public Task CutConnectionsAsync() => Server.ExecuteAsync(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname like 'cluster%'");

    /// <summary>The server crashes, and is started again.</summary>
    public async Task RestartAsync()
    {
        await Server.StopAsync();
        NpgsqlConnection.ClearAllPools();
        await Server.StartAsync(Settings);
    }
}
