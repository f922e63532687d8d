namespace Rescind;

/// <summary>What an entry of the log carries. The numbers are the first byte of its canonical form.</summary>
public enum LogEntryKind : byte
{
    /// <summary>
    /// A kind of entry, or of match, that this version does not know: nothing of it can be applied, the verifier is too
    /// old and goes stale, loudly.
    /// </summary>
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
    /// What it is about: the match of a state, <see cref="Match.Key"/> of a key, <see cref="Match.Issuer"/> of a
    /// record; null for a mark.
    /// </summary>
    public Match? Match { get; init; }

    /// <summary>The new state; for <see cref="LogEntryKind.State"/> alone.</summary>
    public RevocationState? State { get; init; }

    /// <summary>
    /// Whether the entry lays an effect that this version does not know on its match. <see cref="State"/> is what is
    /// known of it, and holds; the rest cannot be applied, so the verifier is too old. Default false.
    /// </summary>
    public bool HasUnknownEffect { get; init; }

    /// <summary>The JSON text of an issuer's record or of a JWK; null takes the record or key away.</summary>
    public string? Record { get; init; }

    /// <summary>Whether this version understands all of it. Only such an entry has canonical bytes.</summary>
    internal bool IsUnderstood => !HasUnknownEffect && Kind switch
    {
        LogEntryKind.State => Match is not null && State is not null,
        LogEntryKind.Issuer or LogEntryKind.Key or LogEntryKind.Mark => true,
        _ => false,
    };
}
