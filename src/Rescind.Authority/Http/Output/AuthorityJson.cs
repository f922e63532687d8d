using Rescind.Authority.Clients;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Http.Output;

/// <summary>The bodies of sessions and administration, read as strictly as <see cref="StrictJson"/> needs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, MaxDepth = JsonSyntax.MaxDepth)]
[JsonSerializable(typeof(StartSessionBody))]
[JsonSerializable(typeof(ChangeSessionBody))]
[JsonSerializable(typeof(ChangedSessionBody))]
[JsonSerializable(typeof(StartedSession))]
[JsonSerializable(typeof(BrowserTokens))]
[JsonSerializable(typeof(SessionBody))]
[JsonSerializable(typeof(SessionListBody))]
[JsonSerializable(typeof(LogoutBody))]
[JsonSerializable(typeof(ClientBody))]
[JsonSerializable(typeof(ChangeClientBody))]
[JsonSerializable(typeof(ReplaceSecretBody))]
[JsonSerializable(typeof(ClientListBody))]
[JsonSerializable(typeof(AuditBody))]
internal sealed partial class AuthorityJson : JsonSerializerContext;

/// <summary>What <c>POST /v1/sessions</c> takes.</summary>
internal sealed record StartSessionBody
{
    public required string Subject { get; init; }

    /// <summary>A string, or an array of strings.</summary>
    public required JsonElement Audience { get; init; }

    public string? ClientId { get; init; }

    public string? Scope { get; init; }

    public JsonElement? Claims { get; init; }

    public Dictionary<string, string>? Tags { get; init; }

    public DeviceBody? Device { get; init; }

    /// <summary>Seconds since the Unix epoch.</summary>
    public long? AuthTime { get; init; }

    public IReadOnlyList<string>? Amr { get; init; }

    public string? Acr { get; init; }

    public string? Replaces { get; init; }
}

/// <summary>What <c>PATCH /v1/sessions/{id}</c> takes: each member that is sent replaces what was there.</summary>
internal sealed record ChangeSessionBody
{
    public JsonElement? Claims { get; init; }

    public Dictionary<string, string>? Tags { get; init; }

    public DeviceBody? Device { get; init; }
}

/// <summary>The session after a change, and the <c>renew</c> that it implied.</summary>
internal sealed record ChangedSessionBody(
    SessionBody Session, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Revocation);

internal sealed record DeviceBody(string? Name = null, string? UserAgent = null, string? Address = null);

/// <summary>A session as it is shown: never with a token.</summary>
internal sealed record SessionBody
{
    public required string SessionId { get; init; }

    public required string Subject { get; init; }

    public required string ClientId { get; init; }

    public required IReadOnlyList<string> Audience { get; init; }

    public required string? Scope { get; init; }

    public required JsonElement Claims { get; init; }

    public required IReadOnlyDictionary<string, string> Tags { get; init; }

    public required DeviceBody? Device { get; init; }

    public required string CreatedAt { get; init; }

    public required string AuthenticatedAt { get; init; }

    public required string LastRefreshedAt { get; init; }

    public required uint Generation { get; init; }

    public required string IdleExpiresAt { get; init; }

    public required string ExpiresAt { get; init; }

    public required string State { get; init; }

    public required string? EndedBy { get; init; }

    public required string? BlockedBy { get; init; }

    /// <summary>Whether it is the session of the caller's own token; only where a person lists their own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Current { get; init; }

    public static SessionBody Of(Session session, long now, string? current = null) => new()
    {
        SessionId = session.Id,
        Subject = session.Subject,
        ClientId = session.ClientId,
        Audience = session.Audience,
        Scope = session.Scope,
        Claims = JsonElement.Parse(session.Claims),
        Tags = session.Tags.ToDictionary(tag => tag.Name, tag => tag.Value),
        Device = session.Device is { } device ? new(device.Name, device.UserAgent, device.Address) : null,
        CreatedAt = Instant.Text(session.CreatedAt),
        AuthenticatedAt = Instant.Text(session.AuthenticatedAt),
        LastRefreshedAt = Instant.Text(session.LastRefreshedAt),
        Generation = session.Generation,
        IdleExpiresAt = Instant.Text(session.IdleExpiresAt),
        ExpiresAt = Instant.Text(session.ExpiresAt),
        State = NameOf(session.StateAt(now)),
        EndedBy = session.EndedBy?.ToRevocationId(),
        BlockedBy = session.BlockedBy?.ToRevocationId(),
        Current = current is null ? null : session.Id == current,
    };

    public static string NameOf(SessionState state) => state switch
    {
        SessionState.Active => "active",
        SessionState.Ended => "ended",
        SessionState.Blocked => "blocked",
        _ => "expired",
    };
}

internal sealed record SessionListBody(IReadOnlyList<SessionBody> Sessions, string? Next);

/// <summary>What <c>POST /me/logout</c> takes: nothing for this session, or one of the two.</summary>
internal sealed record LogoutBody(bool Others = false, bool Everywhere = false);
