using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Log entries and acts as rows. An absent name or value is '' in a row, which no match ever holds.</summary>
internal static class LogRows
{
    public const string Slots =
        "end_by, end_before, renew_by, renew_before, reauthenticate_by, reauthenticate_before, "
        + "block_by, block_until, remember_until";

    public const string Entry = "kind, position, at, issuer, match_kind, name, value, record, " + Slots;

    public const string Act =
        "position, at, issuer, match_kind, name, value, effect, second, reason, actor, remember_until, lifted_by, by_session, "
        + "except_sessions, sessions, spread";

    /// <summary>Binds match kind, name and value.</summary>
    public static PostgresStatement Bind(this PostgresStatement statement, Match? match) =>
        statement.Bind((long)(match?.Kind ?? MatchKind.None)).Bind(match?.Name ?? "").Bind(match?.Value ?? "");

    /// <summary>Binds <see cref="Slots"/>.</summary>
    public static PostgresStatement Bind(this PostgresStatement statement, RevocationState? state) => statement
        .Bind(state?.End ?? default).Bind(state?.Renew ?? default).Bind(state?.Reauthenticate ?? default)
        .Bind(state?.Block ?? default)
        .Bind(state?.RememberUntil ?? 0);

    /// <summary>Reads <see cref="Entry"/>.</summary>
    public static LogEntry ReadEntry(PostgresRow row)
    {
        var kind = (LogEntryKind)row.Int64();
        var entry = new LogEntry
        {
            Kind = kind,
            Position = row.Position(),
            At = row.Int64(),
            Issuer = row.Text(),
            Match = ReadMatch(row),
            Record = row.TextOrNull(),
        };
        return kind is LogEntryKind.State ? entry with { State = ReadState(row) } : entry;
    }

    /// <summary>Reads <see cref="Slots"/>.</summary>
    public static RevocationState ReadState(PostgresRow row) =>
        new(ReadSlot(row), ReadSlot(row), ReadSlot(row), ReadSlot(row), row.Int64());

    /// <summary>Reads <see cref="Act"/>.</summary>
    public static Revocation ReadAct(PostgresRow row)
    {
        var position = row.Position();
        return new()
        {
            Position = position,
            At = row.Int64(),
            Issuer = row.Text(),
            Match = ReadMatch(row) ?? throw new InvalidDataException("An act without a match."),
            Effect = (Effect)row.Int64(),
            Second = row.Int64(),
            Reason = row.Text(),
            Actor = row.Text(),
            RememberUntil = row.Int64(),
            LiftedBy = row.PositionOrNull(),
            BySession = row.Bool(),
            Except = row.TextOrNull() is { } sessions
                ? new StoredJson("acts", position.ToRevocationId()).Texts("except_sessions", sessions)
                : [],
            Sessions = row.Int64OrNull(),
            Spread = row.Int64(),
        };
    }

    public static Match? ReadMatch(PostgresRow row)
    {
        var (kind, name, value) = ((MatchKind)row.Int64(), row.Text(), row.Text());
        return kind is MatchKind.None ? null : Match.From(kind, NullIfEmpty(name), NullIfEmpty(value));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static Slot ReadSlot(PostgresRow row) => new(row.Position(), row.Int64());

    private static PostgresStatement Bind(this PostgresStatement statement, Slot slot) =>
        statement.Bind(slot.By).Bind(slot.Second);
}
