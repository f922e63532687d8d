namespace Rescind.Authority.Stores;

/// <summary>The record of an issuer is replaced.</summary>
/// <param name="Record">The record.</param>
/// <param name="Position">Its entry of the log.</param>
/// <param name="At">The second of that entry.</param>
internal sealed record SaveIssuer(IssuerRecord Record, LogPosition Position, long At) : Change;

/// <summary>An issuer is registered no more; its numbers are kept for a later record.</summary>
internal sealed record RemoveIssuer(string Issuer) : Change;

/// <summary>The row of a key is replaced.</summary>
/// <param name="Key">The key.</param>
/// <param name="Announced">What the log says of it then.</param>
internal sealed record SaveKey(StoredKey Key, AnnouncedKey Announced) : Change;

/// <summary>The keys of a restored database were replaced: from here on it is one like any other.</summary>
internal sealed record SettleRestore : Change;

/// <summary>A client is inserted or replaced.</summary>
/// <param name="Record">The client.</param>
/// <param name="Position">Since when it is told of logouts, if it was not before.</param>
internal sealed record SaveClient(ClientRecord Record, LogPosition Position) : Change;

/// <summary>A client is deleted.</summary>
internal sealed record RemoveClient(string ClientId) : Change;
