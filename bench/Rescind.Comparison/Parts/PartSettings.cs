using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescind.Comparison.Parts;

/// <summary>
/// What a process of the comparison is told. It travels in its environment: it may hold a database's password.
/// </summary>
internal sealed record PartSettings
{
    /// <summary>The variable that holds it.</summary>
    public const string Variable = "RESCIND_COMPARE_PART";

    public required string Way { get; init; }

    public required string Url { get; init; }

    /// <summary>Whether it is the issuer behind the application.</summary>
    public bool IsIssuer { get; init; }

    /// <summary>The folder of its files.</summary>
    public required string Folder { get; init; }

    /// <summary>The server that it asks: an issuer or an Authority.</summary>
    public string? Server { get; init; }

    public string? ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>The connection string of its database, where that is a server.</summary>
    public string? Store { get; init; }

    /// <summary>What its tables and keys are named after, so that nothing else is touched.</summary>
    public string Name { get; init; } = "";

    public TimeSpan Lifetime { get; init; }

    public int Users { get; init; }

    /// <summary>How many logouts the store has to remember at any time.</summary>
    public int Logouts { get; init; }

    [JsonIgnore]
    public ScaledTime Time { get; } = new();

    [JsonIgnore]
    public StoreCalls Calls { get; } = new();

    public static PartSettings Read() =>
        JsonSerializer.Deserialize<PartSettings>(
            Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException($"{Variable} is not set."))!;

    public string Write() => JsonSerializer.Serialize(this);
}
