using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// One connection with its prepared statements, each told to <paramref name="prepared"/> once. Not safe for concurrent use.
/// </summary>
internal sealed class SqliteLink(SqliteConnection connection, Action<string, sqlite3_stmt>? prepared = null) : IDisposable
{
    private const int InstructionsBetweenLooks = 100;

    private readonly Dictionary<string, SqliteStatement> _statements = new(StringComparer.Ordinal);

    /// <summary>Whether a transaction is open; an error can end one on its own.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>
    /// The statement for <paramref name="sql"/>, prepared once. Texts come from a fixed set, so the statements are few.
    /// </summary>
    public SqliteStatement Prepare(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            _statements.Add(sql, statement = new(connection.Handle!, sql));
            prepared?.Invoke(sql, statement.Handle);
        }

        // Whoever failed while binding left it half bound.
        statement.Dispose();
        return statement;
    }

    /// <summary>Runs statements that are needed once.</summary>
    public void Execute(string sql) =>
        SqliteException.ThrowExceptionForRC(raw.sqlite3_exec(connection.Handle, sql), connection.Handle);

    /// <summary>Ends the statement that runs now, from another thread: it fails as interrupted.</summary>
    public void Interrupt() => raw.sqlite3_interrupt(connection.Handle);

    /// <summary>Ends, as interrupted, what still runs when <paramref name="isOver"/> says so; null for never.</summary>
    public void EndWhen(Func<bool>? isOver) => raw.sqlite3_progress_handler(
        connection.Handle, isOver is null ? 0 : InstructionsBetweenLooks, isOver is null ? null : _ => isOver() ? 1 : 0, null);

    public int Run(string sql) => Prepare(sql).Run();

    public long Int64(string sql) => Prepare(sql).Find(static row => row.Int64());

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Close();
        }

        connection.Dispose();
    }
}
