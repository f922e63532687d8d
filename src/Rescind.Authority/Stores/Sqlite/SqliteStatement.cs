using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// One prepared statement, kept for the life of its connection. Parameters are bound and columns are read in order,
/// text by its bytes and its length (a value may hold a zero character, and what follows it still counts: G5).
/// Disposing gives it back, ready for the next use; not safe for concurrent use.
/// </summary>
internal sealed class SqliteStatement : Row, IDisposable
{
    // Throws on lone surrogates: they have no UTF-8 form, and a substitute would be another name.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private int _parameter;

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection, sql, out _statement));
    }

    /// <summary>The statement as SQLite knows it: for what it counts.</summary>
    public sqlite3_stmt Handle => _statement;

    public SqliteStatement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_parameter, value));
        return this;
    }

    public SqliteStatement Bind(long? value) => value is { } number ? Bind(number) : BindNull();

    public SqliteStatement Bind(LogPosition position) => Bind(position.Value);

    public SqliteStatement Bind(string? value)
    {
        if (value is null)
        {
            return BindNull();
        }

        // An empty span has no address and would bind null, as would an empty blob.
        var count = StrictUtf8.GetByteCount(value);
        var bytes = count <= 512 ? stackalloc byte[count] : new byte[count];
        StrictUtf8.GetBytes(value, bytes);
        Check(count == 0
            ? raw.sqlite3_bind_text(_statement, ++_parameter, "")
            : raw.sqlite3_bind_text(_statement, ++_parameter, bytes));
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, ++_parameter, 0)
            : raw.sqlite3_bind_blob(_statement, ++_parameter, value));
        return this;
    }

    /// <summary>Binds match kind, name and value.</summary>
    public SqliteStatement Bind(Match? match) =>
        Bind((long)(match?.Kind ?? MatchKind.None)).Bind(match?.Name ?? "").Bind(match?.Value ?? "");

    /// <summary>Binds <see cref="LogRows.Slots"/>.</summary>
    public SqliteStatement Bind(RevocationState? state) =>
        Bind(state?.End ?? default).Bind(state?.Renew ?? default).Bind(state?.Reauthenticate ?? default)
            .Bind(state?.Block ?? default).Bind(state?.RememberUntil ?? 0);

    /// <summary>Binds the value of a condition that the statement has only if there is one.</summary>
    public SqliteStatement BindGiven(string? value) => value is null ? this : Bind(value);

    public SqliteStatement BindNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_parameter));
        return this;
    }

    /// <summary>Moves to the next row; false, and ready for the next use, after the last.</summary>
    public bool Step()
    {
        Restart();
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        try
        {
            Check(result);
            return false;
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Runs it to its end; returns how many rows it changed.</summary>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_connection);
    }

    /// <summary>Reads the first row, and gives the statement back; the default if there is none.</summary>
    public T? Find<T>(Func<Row, T> read)
    {
        using (this)
        {
            return Step() ? read(this) : default;
        }
    }

    /// <summary>Reads all rows, and gives the statement back.</summary>
    public List<T> ReadAll<T>(Func<Row, T> read)
    {
        using (this)
        {
            var all = new List<T>();
            while (Step())
            {
                all.Add(read(this));
            }

            return all;
        }
    }

    /// <summary>Whether there is a row; gives the statement back.</summary>
    public bool HasRow() => Find(static _ => true);

    public override bool Bool() => Int64() == 1;

    public override byte[] Bytes() => raw.sqlite3_column_blob(_statement, Next()).ToArray();

    public override long Int64() => raw.sqlite3_column_int64(_statement, Next());

    public override string Text() => StrictUtf8.GetString(raw.sqlite3_column_blob(_statement, Next()));

    /// <summary>Gives the statement back.</summary>
    public void Dispose()
    {
        _parameter = 0;
        raw.sqlite3_reset(_statement);
    }

    /// <summary>Frees it; the connection does so when it closes.</summary>
    public void Close() => _statement.Dispose();

    protected override bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    private SqliteStatement Bind(Slot slot) => Bind(slot.By).Bind(slot.Second);

    private void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE))
        {
            SqliteException.ThrowExceptionForRC(result, _connection);
        }
    }
}
