namespace Rescind.Authority.Stores;

/// <summary>The record of an issuer; null if it is not registered.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="OrRemoved">Whether a record that was removed counts, too.</param>
internal sealed record IssuerOf(string Issuer, bool OrRemoved = false) : Want<IssuerRecord?>;

/// <summary>Where the public part of a key stands in the log.</summary>
internal sealed record KeyInLog(string Id) : Want<AnnouncedKey>;

/// <summary>What the log says of a key. The default: nothing yet.</summary>
/// <param name="Position">The entry that said it last.</param>
/// <param name="At">The second of that entry.</param>
/// <param name="PublicJwk">The JWK; null where it is not there, or not any more.</param>
internal readonly record struct AnnouncedKey(LogPosition Position, long At, string? PublicJwk);

/// <summary>Whether the newest lines of the audit trail of a session hold this action, later than a second.</summary>
internal sealed record IsNoted(string? SessionId, string Action, long Since) : Want<bool>;
