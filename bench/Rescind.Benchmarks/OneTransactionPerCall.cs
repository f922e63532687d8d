using Microsoft.Data.Sqlite;

namespace Rescind.Benchmarks;

/// <summary>What most applications do: a connection per caller, and one durable transaction per rotation.</summary>
internal sealed class OneTransactionPerCall : IDisposable
{
    private readonly SqliteConnection[] _connections;
    private readonly SqliteCommand[] _updates;

    public OneTransactionPerCall(string file, int callers)
    {
        _connections = [.. Enumerable.Range(0, callers).Select(_ => Open(file))];
        Execute(_connections[0],
            "create table sessions (id integer primary key, generation integer not null, refreshed integer not null)");
        for (var i = 0; i < callers; i++)
        {
            Execute(_connections[0], $"insert into sessions values ({i}, 1, 0)");
        }

        _updates = [.. _connections.Select((connection, caller) => Prepare(connection, caller))];
    }

    public Task RotateAsync(int caller)
    {
        using var transaction = _connections[caller].BeginTransaction(deferred: false);
        _updates[caller].Transaction = transaction;
        _updates[caller].ExecuteNonQuery();
        transaction.Commit();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        Array.ForEach(_connections, connection => connection.Dispose());
        SqliteConnection.ClearAllPools();
    }

    private static SqliteConnection Open(string file)
    {
        var connection = new SqliteConnection($"Data Source={file};Pooling=False;Default Timeout=30");
        connection.Open();
        Execute(connection, "pragma journal_mode=wal");
        Execute(connection, "pragma synchronous=full");
        return connection;
    }

    private static SqliteCommand Prepare(SqliteConnection connection, int caller)
    {
        var command = connection.CreateCommand();
        command.CommandText = "update sessions set generation = generation + 1, refreshed = refreshed + 1 where id = $id";
        command.Parameters.AddWithValue("$id", caller);
        command.Prepare();
        return command;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
