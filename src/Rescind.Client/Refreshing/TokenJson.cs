using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescind.Client.Refreshing;

/// <summary>The answer of RFC 6749 section 5.1. Unknown members are ignored (RT-13).</summary>
internal sealed class TokenBody
{
    public string? AccessToken { get; init; }

    public string? TokenType { get; init; }

    public int ExpiresIn { get; init; }

    public string? RefreshToken { get; init; }
}

/// <summary>The answer of RFC 6749 section 5.2, with the Authority's own members.</summary>
internal sealed record ErrorBody(
    string? Error,
    [property: JsonConverter(typeof(OptionalText))] string? Reason,
    [property: JsonConverter(typeof(OptionalText))] string? Explanation);

/// <summary>A text that no decision depends on: one of another type is absent.</summary>
internal sealed class OptionalText : JsonConverter<string?>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        reader.Skip();
        return reader.TokenType is JsonTokenType.String ? reader.GetString() : null;
    }

    public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, AllowDuplicateProperties = false, MaxDepth = 8)]
[JsonSerializable(typeof(TokenBody))]
[JsonSerializable(typeof(ErrorBody))]
internal sealed partial class TokenJson : JsonSerializerContext;
