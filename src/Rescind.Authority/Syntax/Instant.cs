namespace Rescind.Authority.Syntax;

/// <summary>Instants as they stand in answers: RFC 3339, UTC, whole seconds.</summary>
internal static class Instant
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss'Z'";

    private static readonly string[] Readable = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    /// <summary>Reads an instant of RFC 3339 that names its offset.</summary>
    public static bool TryParse(string? text, out DateTimeOffset instant)
    {
        instant = default;
        return text is not null
            && (text.EndsWith('Z') || text.AsSpan(Math.Max(0, text.Length - 6)) is ['+' or '-', _, _, ':', _, _])
            && DateTimeOffset.TryParseExact(text, Readable, CultureInfo.InvariantCulture, DateTimeStyles.None, out instant);
    }

    public static string Text(long unixSeconds) => Text(DateTimeOffset.FromUnixTimeSeconds(unixSeconds));

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture);
}

/// <summary>Writes instants as <see cref="Instant"/> does.</summary>
internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Instant.Text(value));
}
