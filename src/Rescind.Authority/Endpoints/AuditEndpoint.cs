using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Endpoints;

/// <summary><c>GET /v1/audit</c>: who did what, when and why, oldest first.</summary>
internal static class AuditEndpoint
{
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit", ReadAsync).RequireScope(Scopes.Admin)
        .Describe(new("The audit trail, oldest first.")
        {
            Query = ["subject", "session", "actor", "after", "limit"], Answer = AuthorityJson.Default.AuditBody,
        });

    private static async Task<IResult> ReadAsync(HttpContext context, IRegistryStore store)
    {
        var read = StrictQuery.Read(context.Request);
        if (!read.HasValue)
        {
            return read.Refusal.Problem();
        }

        var query = read.Value;
        long limit = 100;
        if (StrictQuery.ReadNumber(query, "limit", (1, MaxLimit), ref limit) is { } refusal)
        {
            return refusal.Problem();
        }

        LogPosition after = default;
        if (query["after"] is { } text && !LogPosition.TryParse(text, out after))
        {
            return Errors.MalformedQuery.Problem("after is no position.");
        }

        var asked = new AuditQuery(query["subject"], query["session"], query["actor"], after, (int)limit);
        var entries = await store.AuditAsync(asked, context.RequestAborted).ConfigureAwait(false);
        LogPosition? next = entries.Count == limit ? entries[^1].Position : null;
        return new JsonAnswer<AuditBody>(new([.. entries.Select(AuditEntryBody.Of)], next?.Value), AuthorityJson.Default.AuditBody);
    }
}

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
