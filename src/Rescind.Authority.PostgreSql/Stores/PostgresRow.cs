using Npgsql;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc/>
internal sealed class PostgresRow(NpgsqlDataReader reader) : Row
{
    /// <summary>Goes to the first column.</summary>
    public PostgresRow Begin()
    {
        Restart();
        return this;
    }

    public override bool Bool() => reader.GetBoolean(Next());

    public override byte[] Bytes() => reader.GetFieldValue<byte[]>(Next());

    public override long Int64() => reader.GetInt64(Next());

    public override string Text() => PostgresStatement.Unescaped(reader.GetString(Next()));

    public double Double() => reader.GetDouble(Next());

    protected override bool IsNull(int column) => reader.IsDBNull(column);
}
