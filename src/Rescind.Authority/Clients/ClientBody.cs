using System.Text.Json.Serialization;

namespace Rescind.Authority.Clients;

/// <summary>A client's record; the secret is there once, in the answer that made it.</summary>
internal sealed record ClientBody
{
    public required string ClientId { get; init; }

    public required string Kind { get; init; }

    public IReadOnlyList<string>? Scopes { get; init; }

    public IReadOnlyList<string>? Clients { get; init; }

    public IReadOnlyList<string>? Issuers { get; init; }

    public IReadOnlyList<string>? Origins { get; init; }

    /// <summary>Where it is told which of its sessions ended; left out where it is not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? BackchannelLogoutUri { get; init; }

    /// <summary>How many verifiers are remembered of it; left out where it has the share that each client has.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Verifiers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ClientSecret { get; init; }

    /// <summary>Until when the secret before this one is taken; only where there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? OldSecretUntil { get; init; }
}

/// <summary>
/// What <c>PATCH /v1/clients/{id}</c> takes: each member that is sent replaces what was there; an empty one takes it away.
/// </summary>
internal sealed record ChangeClientBody
{
    public IReadOnlyList<string>? Scopes { get; init; }

    public IReadOnlyList<string>? Clients { get; init; }

    public IReadOnlyList<string>? Issuers { get; init; }

    public IReadOnlyList<string>? Origins { get; init; }

    public string? BackchannelLogoutUri { get; init; }

    /// <summary>0 goes back to the share that each client has.</summary>
    public int? Verifiers { get; init; }
}

/// <summary>
/// What <c>POST /v1/clients/{id}/secret</c> takes: for how many seconds the present secret is still taken; by default 0.
/// </summary>
internal sealed record ReplaceSecretBody(long KeepOldFor = 0);

internal sealed record ClientListBody(IReadOnlyList<ClientBody> Clients);
