using Npgsql;

namespace Rescind.Benchmarks.Cluster;

/// <summary>
/// What most applications do: a pool of connections, and one statement for each refresh and each act, prepared, which commits
/// by itself. An act writes as much as ours does: the head, the act, the state of its match, the log and the audit trail.
/// </summary>
internal sealed class OneStatementPerCall : IAsyncDisposable
{
    public const string Schema = "rescind_benchmark_plain";

    private const string Tables =
        $"""
        create schema {Schema};
        create table {Schema}.sessions (id int primary key, generation bigint not null, refreshed bigint not null);
        insert into {Schema}.sessions select id, 1, 0 from generate_series(0, 63) as id;
        create table {Schema}.head (one int primary key, position bigint not null, chain bytea not null);
        insert into {Schema}.head values (1, 0, '');
        create table {Schema}.acts (position bigint primary key, value text not null, reason text not null, at bigint not null);
        create table {Schema}.states (value text primary key, position bigint not null, at bigint not null);
        create table {Schema}.log (position bigint primary key, value text not null, at bigint not null, chain bytea not null);
        create table {Schema}.audit (position bigint primary key, at bigint not null, actor text not null, value text not null);
        """;

    private const string Rotate =
        $"""
        update {Schema}.sessions set generation = generation + 1, refreshed = refreshed + 1 where id = $1
        """;

    private const string Append =
        $"""
        with head as (
            update {Schema}.head set position = position + 1, chain = sha256(chain || convert_to($1, 'UTF8'))
            returning position, chain),
        act as (insert into {Schema}.acts select position, $1, 'benchmark', $2 from head),
        state as (
            insert into {Schema}.states select $1, position, $2 from head
            on conflict (value) do update set position = excluded.position, at = excluded.at),
        log as (insert into {Schema}.log select position, $1, $2, chain from head)
        insert into {Schema}.audit select position, $2, 'benchmark', $1 from head
        """;

    private readonly NpgsqlDataSource _source;

    private OneStatementPerCall(NpgsqlDataSource source) => _source = source;

    public static async Task<OneStatementPerCall> OpenAsync(string connection, int connections)
    {
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection)
        {
            MaxPoolSize = connections, MinPoolSize = connections, MaxAutoPrepare = 4, AutoPrepareMinUsages = 1,
        });
        await using var create = source.CreateCommand(Tables);
        await create.ExecuteNonQueryAsync();
        return new(source);
    }

    public async Task RotateAsync(int caller)
    {
        await using var update = _source.CreateCommand(Rotate);
        update.Parameters.Add(new NpgsqlParameter<int> { TypedValue = caller });
        await update.ExecuteNonQueryAsync();
    }

    public async Task AppendAsync(int caller)
    {
        await using var append = _source.CreateCommand(Append);
        append.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Entropy.System.NextId() });
        append.Parameters.Add(new NpgsqlParameter<long> { TypedValue = caller });
        await append.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();
}
