using Microsoft.Data.Sqlite;

namespace Rescind.Comparison.Ways;

/// <summary>Blocked ids in a file beside the application.</summary>
internal sealed class SqliteBlockedIds(string folder) : IBlockedIds
{
    public string File { get; } = Path.Combine(folder, "blocked.db");

    public async Task OpenAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = """
            pragma journal_mode = wal;
            create table blocked (id text primary key, expires integer not null) without rowid;
            """;
        await command.ExecuteNonQueryAsync();
    }

    public async Task<bool> HasAsync(string id)
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "select 1 from blocked where id = @id";
        command.Parameters.AddWithValue("@id", id);
        return await command.ExecuteScalarAsync() is not null;
    }

    public async Task AddAsync(IEnumerable<string> ids, TimeSpan lifetime)
    {
        await using var connection = await ConnectAsync();
        await using var transaction = connection.BeginTransaction();
        foreach (var id in ids)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "insert or ignore into blocked (id, expires) values (@id, unixepoch() + @seconds)";
            command.Parameters.AddWithValue("@id", id);
            command.Parameters.AddWithValue("@seconds", (long)lifetime.TotalSeconds);
            await command.ExecuteNonQueryAsync();
        }

        await transaction.CommitAsync();
    }

    public async Task<long> BytesAsync()
    {
        await using var connection = await ConnectAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "select page_count * page_size from pragma_page_count(), pragma_page_size()";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<SqliteConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={File}");
        await connection.OpenAsync();
        return connection;
    }
}
