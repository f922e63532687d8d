using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Rescind.Comparison.Ways;

/// <summary>Blocked ids in a table of the reader's PostgreSQL server; the run makes it and drops it.</summary>
[SuppressMessage("Security", "CA2100", Justification = "The name of the table is made by this program.")]
internal sealed class PostgresBlockedIds(string address, string table) : IBlockedIds
{
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create(address);

    public async Task OpenAsync()
    {
        await using var command = _database.CreateCommand(
            $"create table if not exists {table} (id text primary key, expires timestamptz not null)");
        await command.ExecuteNonQueryAsync();
    }

    public async Task<bool> HasAsync(string id)
    {
        await using var command = _database.CreateCommand($"select 1 from {table} where id = $1");
        command.Parameters.AddWithValue(id);
        return await command.ExecuteScalarAsync() is not null;
    }

    public async Task AddAsync(IEnumerable<string> ids, TimeSpan lifetime)
    {
        await using var command = _database.CreateCommand(
            $"insert into {table} (id, expires) select unnest($1), now() + $2 on conflict do nothing");
        command.Parameters.AddWithValue(ids.ToArray());
        command.Parameters.AddWithValue(lifetime);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<long> BytesAsync()
    {
        await using var command = _database.CreateCommand($"select pg_total_relation_size('{table}')");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
