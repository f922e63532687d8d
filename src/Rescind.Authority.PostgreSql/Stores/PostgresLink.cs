using System.Runtime.ExceptionServices;
using Npgsql;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// One connection. Statements that answer nothing wait for the next one that does, and go with it in one round trip,
/// before it. Not safe for concurrent use.
/// </summary>
internal sealed class PostgresLink : IAsyncDisposable
{
    private const int StatementSeconds = 10;

    private readonly NpgsqlConnection _connection;
    private readonly LeftCommits _left;
    private readonly Action _clear;
    private readonly List<(PostgresStatement Statement, long? MustChange)> _waiting = [];
    private string? _notice;
    private bool _isLeft;

    public PostgresLink(NpgsqlConnection connection, LeftCommits left, Action clear)
    {
        (_connection, _left, _clear) = (connection, left, clear);
        connection.Notice += OnNotice;
    }

    /// <summary>Whether it can be used.</summary>
    public bool IsOpen => !_isLeft && _connection.FullState is System.Data.ConnectionState.Open;

    /// <summary>The number of its process in the server.</summary>
    public int ProcessId => _connection.ProcessID;

    /// <summary>
    /// Adds what answers nothing. Whatever it changes other than <paramref name="mustChange"/> rows is a conflict.
    /// </summary>
    public void Add(PostgresStatement statement, long? mustChange = null) => _waiting.Add((statement, mustChange));

    public void Add(string sql) => Add(new PostgresStatement(sql));

    /// <summary>Runs what waits.</summary>
    public async Task FlushAsync()
    {
        if (_waiting.Count > 0)
        {
            await RunAsync<object>(null, static _ => null!).ConfigureAwait(false);
        }
    }

    /// <summary>Runs what waits and then this; how many rows it changed.</summary>
    public async Task<long> ChangeAsync(PostgresStatement statement)
    {
        Add(statement);
        using var batch = Take(null);
        var own = batch.BatchCommands[^1];
        await RunAsync<object>(batch, null, static _ => null!).ConfigureAwait(false);
        return (long)own.RecordsAffected;
    }

    /// <summary>All rows.</summary>
    public Task<List<T>> ReadAsync<T>(PostgresStatement query, Func<PostgresRow, T> read) => RunAsync(query, read);

    /// <summary>The first row; the default if there is none.</summary>
    public async Task<T?> FindAsync<T>(PostgresStatement query, Func<PostgresRow, T> read) =>
        (await RunAsync(query, read).ConfigureAwait(false)).FirstOrDefault();

    /// <summary>Whether there is a row.</summary>
    public async Task<bool> HasAsync(PostgresStatement query) =>
        (await RunAsync(query, static _ => true).ConfigureAwait(false)).Count > 0;

    /// <summary>Gives out one row after the other.</summary>
    public async Task EachAsync<T>(PostgresStatement query, Func<PostgresRow, T> read, Func<T, Task> each)
    {
        await FlushAsync().ConfigureAwait(false);
        using var batch = Take(query);
        var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var row = new PostgresRow(reader);
            while (await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                await each(read(row.Begin())).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Commits. No time limit of the command and no token: both would cancel the wait for a synchronous standby, and
    /// the server then says that it is done. It says so in a notice as well, and after any notice the outcome is not
    /// known. Nor is it of a commit that does not return within <paramref name="patience"/>: it is left alone, and its
    /// connection never used again.
    /// </summary>
    public async Task CommitAsync(TimeSpan patience)
    {
        await FlushAsync().ConfigureAwait(false);
        await ReadAndCommitAsync(new("commit"), static _ => true, patience).ConfigureAwait(false);
    }

    /// <summary>The rows of a statement that commits by itself, under the same rules.</summary>
    public async Task<List<T>> ReadAndCommitAsync<T>(
        PostgresStatement statement, Func<PostgresRow, T> read, TimeSpan patience)
    {
        _notice = null;
        var committing = RunAsync(statement, read, seconds: 0);
        List<T> rows;
        try
        {
            rows = await committing.WaitAsync(patience, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!committing.IsCompleted)
        {
            _isLeft = true;
            _connection.Notice -= OnNotice;
            _clear();
            _left.Add(committing, _connection);
            throw new CommitInDoubtException("The commit did not return in time.");
        }

        if (_notice is { } notice)
        {
            throw new CommitInDoubtException($"The database answered: {notice}.");
        }

        return rows;
    }

    /// <summary>Gives up the transaction and what waits.</summary>
    public async Task RollbackAsync()
    {
        _waiting.Clear();
        using var command = new NpgsqlCommand("rollback", _connection) { CommandTimeout = StatementSeconds };
        await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Closes a connection on which something went wrong, for good: a transaction that it may have ends with it. One
    /// whose commit is under way is left alone, because closing would cancel it.
    /// </summary>
    public async Task DropAsync()
    {
        if (_isLeft)
        {
            return;
        }

        _connection.Notice -= OnNotice;

#pragma warning disable CA1031 // Whoever drops it goes on with another.
        try
        {
            // No other use of it, and none of those that were idle and have gone the same way.
            _clear();
            if (IsOpen)
            {
                await RollbackAsync().ConfigureAwait(false);
            }

            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is none any more, and what was not committed with it.
        }
#pragma warning restore CA1031
    }

    /// <summary>Gives the connection back to those who read.</summary>
    public ValueTask DisposeAsync()
    {
        if (_isLeft)
        {
            return ValueTask.CompletedTask;
        }

        _connection.Notice -= OnNotice;
        return _connection.DisposeAsync();
    }

    private void OnNotice(object sender, NpgsqlNoticeEventArgs e) => _notice = e.Notice.MessageText;

    private async Task<List<T>> RunAsync<T>(PostgresStatement? query, Func<PostgresRow, T> read, int seconds = StatementSeconds)
    {
        using var batch = Take(query, seconds);
        return await RunAsync(batch, query, read).ConfigureAwait(false);
    }

    private async Task<List<T>> RunAsync<T>(NpgsqlBatch batch, PostgresStatement? query, Func<PostgresRow, T> read)
    {
        var expected = _waiting.Select(static waiting => waiting.MustChange).ToList();
        _waiting.Clear();
        var (found, damage) = (new List<T>(), (ExceptionDispatchInfo?)null);
        var reader = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var row = new PostgresRow(reader);
            while (query is not null && await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
#pragma warning disable CA1031 // Whatever a row holds, a conflict of what went before it comes first.
                try
                {
                    found.Add(read(row.Begin()));
                }
                catch (Exception e) when (!PostgresFailure.IsOfDatabase(e))
                {
                    damage ??= ExceptionDispatchInfo.Capture(e);
                }
#pragma warning restore CA1031
            }

            while (await reader.NextResultAsync(CancellationToken.None).ConfigureAwait(false))
            {
            }
        }

        for (var i = 0; i < expected.Count; i++)
        {
            if (expected[i] is { } rows && (long)batch.BatchCommands[i].RecordsAffected != rows)
            {
                throw new ConflictException();
            }
        }

        damage?.Throw();
        return found;
    }

    private NpgsqlBatch Take(PostgresStatement? query, int seconds = StatementSeconds)
    {
        var batch = new NpgsqlBatch(_connection) { Timeout = seconds };
        foreach (var (statement, _) in _waiting)
        {
            batch.BatchCommands.Add(statement.ToCommand());
        }

        if (query is not null)
        {
            batch.BatchCommands.Add(query.ToCommand());
        }

        return batch;
    }
}

/// <summary>Something that a change rests on is not so any more: it is to be decided anew.</summary>
internal sealed class ConflictException : Exception;

/// <summary>Nobody knows whether a commit is durable.</summary>
internal sealed class CommitInDoubtException(string message) : Exception(message);
