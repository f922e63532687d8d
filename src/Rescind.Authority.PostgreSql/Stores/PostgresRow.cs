using Npgsql;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The row that a reader is at; its columns are read in order.</summary>
internal sealed class PostgresRow(NpgsqlDataReader reader)
{
    private int _column;

    public bool IsNull => reader.IsDBNull(_column);

    /// <summary>Goes to the first column.</summary>
    public PostgresRow Begin()
    {
        _column = 0;
        return this;
    }

    public long Int64() => reader.GetInt64(_column++);

    public long? Int64OrNull() => IsNull ? Skip<long?>() : Int64();

    public bool Bool() => reader.GetBoolean(_column++);

    public double Double() => reader.GetDouble(_column++);

    public LogPosition Position() => new(Int64());

    public LogPosition? PositionOrNull() => Int64OrNull() is { } value ? new LogPosition(value) : null;

    public string Text() => PostgresStatement.Unescaped(reader.GetString(_column++));

    public string? TextOrNull() => IsNull ? Skip<string>() : Text();

    public byte[] Bytes() => reader.GetFieldValue<byte[]>(_column++);

    public byte[]? BytesOrNull() => IsNull ? Skip<byte[]>() : Bytes();

    private T? Skip<T>()
    {
        _column++;
        return default;
    }
}
