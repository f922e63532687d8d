using System.Text.Json;

namespace Rescind.Comparison;

/// <summary>A result as JSON, in the spelling of the rest of the program.</summary>
public static class ComparisonJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, IndentSize = 2,
    };

    /// <summary>One document, indented.</summary>
    public static string Write<T>(T document) => JsonSerializer.Serialize(document, Options);

    /// <summary>What <see cref="Write{T}"/> wrote of a result.</summary>
    public static ComparisonResult Read(string json) =>
        JsonSerializer.Deserialize<ComparisonResult>(json, Options) ?? throw new JsonException("The document is null.");
}
