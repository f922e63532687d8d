using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rescind.Authority.Endpoints;

/// <summary>Instants as they stand in answers: RFC 3339, UTC, whole seconds.</summary>
internal static class Instant
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    public static string Text(long unixSeconds) => Text(DateTimeOffset.FromUnixTimeSeconds(unixSeconds));

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}

/// <summary>Writes instants as <see cref="Instant"/> does.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Instant.Text(value));
}
