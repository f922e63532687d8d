using Npgsql;
using NpgsqlTypes;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// One statement and the values of its parameters, bound in order. A text of PostgreSQL holds no zero character, and
/// ours may (G5): that and the backslash are written with a backslash before them.
/// </summary>
internal sealed class PostgresStatement(string sql)
{
    private readonly List<NpgsqlParameter> _parameters = [];

    public PostgresStatement Bind(long value) => Add(new NpgsqlParameter<long> { TypedValue = value });

    public PostgresStatement Bind(long? value) => value is { } number ? Bind(number) : AddNull(NpgsqlDbType.Bigint);

    public PostgresStatement Bind(bool value) => Add(new NpgsqlParameter<bool> { TypedValue = value });

    public PostgresStatement Bind(LogPosition position) => Bind(position.Value);

    public PostgresStatement Bind(LogPosition? position) => Bind(position?.Value);

    public PostgresStatement Bind(string? value) => value is null
        ? AddNull(NpgsqlDbType.Text)
        : Add(new NpgsqlParameter<string> { TypedValue = Escaped(value), NpgsqlDbType = NpgsqlDbType.Text });

    public PostgresStatement Bind(byte[]? value) => value is null
        ? AddNull(NpgsqlDbType.Bytea)
        : Add(new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bytea });

    /// <summary>Binds match kind, name and value.</summary>
    public PostgresStatement Bind(Match? match) =>
        Bind((long)(match?.Kind ?? MatchKind.None)).Bind(match?.Name ?? "").Bind(match?.Value ?? "");

    /// <summary>Binds <see cref="LogRows.Slots"/>.</summary>
    public PostgresStatement Bind(RevocationState? state) =>
        Bind(state?.End ?? default).Bind(state?.Renew ?? default).Bind(state?.Reauthenticate ?? default)
            .Bind(state?.Block ?? default).Bind(state?.RememberUntil ?? 0);

    public PostgresStatement Bind(long[] values) => Add(
        new NpgsqlParameter<long[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });

    public PostgresStatement Bind(byte[][] values) => Add(
        new NpgsqlParameter<byte[][]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });

    public PostgresStatement Bind(IEnumerable<string> values) => Add(new NpgsqlParameter<string[]>
    {
        TypedValue = [.. values.Select(Escaped)], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
    });

    /// <summary>The command of a batch.</summary>
    public NpgsqlBatchCommand ToCommand()
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in _parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    private static string Escaped(string text) => text.AsSpan().IndexOfAny('\\', '\0') < 0
        ? text
        : text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\0", "\\0", StringComparison.Ordinal);

    /// <summary>What was written.</summary>
    public static string Unescaped(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new System.Text.StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            plain.Append(text[i] != '\\' ? text[i] : text[++i] == '0' ? '\0' : text[i]);
        }

        return plain.ToString();
    }

    private PostgresStatement Bind(Slot slot) => Bind(slot.By).Bind(slot.Second);

    private PostgresStatement Add(NpgsqlParameter parameter)
    {
        _parameters.Add(parameter);
        return this;
    }

    private PostgresStatement AddNull(NpgsqlDbType type) =>
        Add(new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = type });
}
