using Npgsql;
using Rescind.Authority.PostgreSql.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Benchmarks.Cluster;

/// <summary>
/// Durable rotations and acts on PostgreSQL: our store beside one statement for each of them over 64 connections, as most
/// applications do it, beside that once more, beside <c>pgbench</c>, our SQLite and two nodes. All take turns in each round.
/// </summary>
internal static class ClusterRounds
{
    private const int Few = 64;
    private const int Many = 256;
    private const string Issuer = "https://auth.shop.example";
    private const string Schema = "rescind_benchmark";

    /// <summary>Measures on a database, in schemas of its own that it removes.</summary>
    /// <param name="connection">How its owner connects.</param>
    /// <param name="rounds">How often each has its turn.</param>
    /// <param name="window">How long a turn lasts.</param>
    public static async Task RunAsync(string connection, int rounds, TimeSpan window)
    {
        await DropAsync(connection);
        var folder = Directory.CreateTempSubdirectory("rescind-bench-").FullName;
        try
        {
            await using var plain = await OneStatementPerCall.OpenAsync(connection, Few);
            await using var one = await OpenAsync(connection);
            await using var other = await OpenAsync(connection);
            await using var sqlite = SqliteStore.Open(
                new() { Folder = Path.Combine(folder, "ours"), Issuer = Issuer }, TimeProvider.System, Entropy.System);
            var sessions = await RotatedSessions.StartAsync(one.Sessions, Few);
            var (act, actInFile) = (new Acts(one.Revocations, Issuer), new Acts(sqlite.Revocations, Issuer));
            var actElsewhere = new Acts(other.Revocations, Issuer);
            await using var pgbench = new PgBench(connection, Few, window);

            await new Turns(window)
                .Add("rotations, 64 callers", Few, sessions.RotateAsync)
                .Add("one statement each, 64 callers", Few, plain.RotateAsync)
                .Add("the same again", Few, plain.RotateAsync)
                .Add("pgbench, 64 clients", pgbench.RunAsync)
                .Add("rotations, 1 caller", 1, sessions.RotateAsync)
                .Add("one statement each, 1 caller", 1, plain.RotateAsync)
                .Add("acts, 256 callers", Many, _ => act.AppendAsync())
                .Add("one statement each, 256 callers", Many, plain.AppendAsync)
                .Add("acts in SQLite, 256 callers", Many, _ => actInFile.AppendAsync())
                .Add("acts, 128 callers on each of two nodes", Many,
                    caller => (caller % 2 == 0 ? act : actElsewhere).AppendAsync())
                .RunAsync(rounds,
                    new("rotations, 64 callers", "one statement each, 64 callers", "at least 4"),
                    new("the same again", "one statement each, 64 callers", "1, the noise"),
                    new("pgbench, 64 clients", "one statement each, 64 callers", "none"),
                    new("rotations, 1 caller", "one statement each, 1 caller", "at least 0.8"),
                    new("acts, 256 callers", "one statement each, 256 callers", "at least 20"),
                    new("acts, 256 callers", "acts in SQLite, 256 callers", "at least 0.5"),
                    new("acts, 128 callers on each of two nodes", "acts, 256 callers", "at least 0.7"));
        }
        finally
        {
            await DropAsync(connection);
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Task<PostgresStore> OpenAsync(string connection) => PostgresStore.OpenAsync(
        new() { ConnectionString = connection, Schema = Schema, Issuer = Issuer }, TimeProvider.System, Entropy.System);

    private static async Task DropAsync(string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var drop = source.CreateCommand(
            $"drop schema if exists {Schema} cascade; drop schema if exists {OneStatementPerCall.Schema} cascade");
        await drop.ExecuteNonQueryAsync();
    }
}
