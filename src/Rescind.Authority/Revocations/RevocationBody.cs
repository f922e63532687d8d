using Rescind.Authority.Syntax;

namespace Rescind.Authority.Revocations;

/// <summary>The body of <c>POST /v1/revocations</c>.</summary>
internal sealed record RevocationBody
{
    public required MatchBody Match { get; init; }

    public string? Issuer { get; init; }

    /// <summary>Null means <c>end</c>.</summary>
    public string? Effect { get; init; }

    public string? Before { get; init; }

    public string? Until { get; init; }

    public IReadOnlyList<string>? Except { get; init; }

    /// <summary>Seconds.</summary>
    public long? Spread { get; init; }

    public required string Reason { get; init; }

    public bool DryRun { get; init; }

    public JsonElement? Confirm { get; init; }
}

/// <summary>A revocation as it is answered.</summary>
internal sealed record RevocationAnswer
{
    /// <summary>Null for a dry run.</summary>
    public string? Id { get; init; }

    public long? Position { get; init; }

    public required string Issuer { get; init; }

    public required MatchBody Match { get; init; }

    public required string Effect { get; init; }

    /// <summary>The cutoff, where it is not the moment of the act.</summary>
    public DateTimeOffset? Before { get; init; }

    public DateTimeOffset? Until { get; init; }

    public IReadOnlyList<string>? Except { get; init; }

    public required string Reason { get; init; }

    public required string Actor { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>Null where it is never forgotten.</summary>
    public DateTimeOffset? RememberUntil { get; init; }

    public string? LiftedBy { get; init; }

    /// <summary>Over how many seconds it is spread.</summary>
    public long? Spread { get; init; }

    public AffectedAnswer? Affected { get; init; }

    public LoadAnswer? Load { get; init; }

    /// <summary>How many live connections all verifiers watch; of a dry run.</summary>
    public long? Connections { get; init; }

    public IReadOnlyList<WarningAnswer>? Warnings { get; init; }

    public InForceAnswer? InForce { get; init; }
}

internal sealed record AffectedAnswer([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] long? Sessions);

internal sealed record LoadAnswer(long Refreshes, double PerSecond);

internal sealed record WarningAnswer(string Code, string Message);

internal sealed record InForceAnswer(
    int Verifiers, int Applied, long Ms, IReadOnlyList<string> Behind, DateTimeOffset CertainAt, int Uncounted, long? Closed);

internal sealed record RevocationsAnswer(IReadOnlyList<RevocationAnswer> Revocations, string? Next);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(RevocationBody))]
[JsonSerializable(typeof(RevocationAnswer))]
[JsonSerializable(typeof(RevocationsAnswer))]
internal sealed partial class RevocationJson : JsonSerializerContext;
