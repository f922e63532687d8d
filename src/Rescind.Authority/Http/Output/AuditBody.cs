using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Output;

internal sealed record AuditBody(IReadOnlyList<AuditEntryBody> Entries, long? Next);

/// <summary>One line of the audit trail as it is shown.</summary>
internal sealed record AuditEntryBody
{
    public required long Position { get; init; }

    public required string At { get; init; }

    public required string Actor { get; init; }

    public required string Action { get; init; }

    public string? Subject { get; init; }

    [JsonPropertyName("session")]
    public string? SessionId { get; init; }

    public AuditMatchBody? Match { get; init; }

    public string? Effect { get; init; }

    public string? Reason { get; init; }

    public string? Address { get; init; }

    public string? RequestId { get; init; }

    public static AuditEntryBody Of(AuditEntry entry) => new()
    {
        Position = entry.Position.Value,
        At = Instant.Text(entry.At),
        Actor = entry.Actor,
        Action = entry.Action,
        Subject = entry.Subject,
        SessionId = entry.SessionId,
        Match = entry.Match is { } match ? new(match.Kind.ToString().ToLowerInvariant(), match.Name, match.Value) : null,
        Effect = entry.Effect is Rescind.Effect.None ? null : entry.Effect.ToString().ToLowerInvariant(),
        Reason = entry.Reason,
        Address = entry.Address,
        RequestId = entry.RequestId,
    };
}

/// <summary>A match as the feed writes it.</summary>
internal sealed record AuditMatchBody(string Kind, string? Name, string? Value);
