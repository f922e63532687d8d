namespace Rescind.Authority.Stores;

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

    /// <summary>Reads the epoch, the position, the second and the chain of a head.</summary>
    public static LogHead ReadHead(Row row) =>
        new(row.Text(), row.Position(), row.Int64(), LogChain.FromBytes(row.Bytes()));

    /// <summary>Reads <see cref="Entry"/>.</summary>
    public static LogEntry ReadEntry(Row row)
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
    public static RevocationState ReadState(Row row) =>
        new(ReadSlot(row), ReadSlot(row), ReadSlot(row), ReadSlot(row), row.Int64());

    /// <summary>Reads <see cref="Act"/>.</summary>
    public static Revocation ReadAct(Row row)
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

    /// <summary>Reads how far an act is spread, and <see cref="Act"/>.</summary>
    public static OpenSpread ReadSpread(Row row)
    {
        var (after, scanned) = (row.Int64(), row.Int64());
        return new(ReadAct(row), after, scanned);
    }

    public static Match? ReadMatch(Row row)
    {
        var (kind, name, value) = ((MatchKind)row.Int64(), row.Text(), row.Text());
        return kind is MatchKind.None ? null : Match.From(kind, NullIfEmpty(name), NullIfEmpty(value));
    }

    private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;

    private static Slot ReadSlot(Row row) => new(row.Position(), row.Int64());
}
