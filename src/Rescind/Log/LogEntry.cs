namespace Rescind;

/// <summary>What an entry of the log carries. The numbers are the first byte of its canonical form.</summary>
public enum LogEntryKind : byte
{
    /// <summary>A kind that this version does not know: the verifier is too old and goes stale, loudly.</summary>
    Unknown = 0,

    /// <summary>The new state of one match.</summary>
    State = 1,

    /// <summary>The registry record of one issuer.</summary>
    Issuer = 2,

    /// <summary>One of our own public keys, as a JWK.</summary>
    Key = 3,

    /// <summary>Reserved.</summary>
    Mark = 4,
}

/// <summary>
/// One entry of the log: the new state of one match, one issuer's record, or one own key. Last position wins, so applying is
/// idempotent and indifferent to order. Immutable.
/// </summary>
public sealed record LogEntry
{
    /// <summary>What it carries.</summary>
    public required LogEntryKind Kind { get; init; }

    /// <summary>Its place; strictly increasing within an epoch.</summary>
    public required LogPosition Position { get; init; }

    /// <summary>When it was appended, in seconds since the Unix epoch.</summary>
    public required long At { get; init; }

    /// <summary>The issuer that it is about.</summary>
    public required string Issuer { get; init; }

    /// <summary>
    /// What it is about: the match of a state, <see cref="Match.Key"/> of a key, <see cref="Match.Issuer"/> of a record; null for a
    /// mark.
    /// </summary>
    public Match? Match { get; init; }

    /// <summary>The new state; for <see cref="LogEntryKind.State"/> alone.</summary>
    public RevocationState? State { get; init; }

    /// <summary>The JSON text of an issuer's record or of a JWK; null takes the record or key away.</summary>
    public string? Record { get; init; }
}
