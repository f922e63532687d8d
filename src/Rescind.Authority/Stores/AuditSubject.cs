namespace Rescind.Authority.Stores;

/// <summary>What an audit entry is about.</summary>
internal sealed record AuditSubject(
    string? Issuer = null, Match? Match = null, Effect Effect = Effect.None, string? Reason = null, string? Subject = null,
    string? SessionId = null);
