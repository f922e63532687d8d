using System.Text;

namespace Rescind.Cli.Http;

/// <summary>
/// Reads JSON that another program wrote, of another version perhaps. A member that is missing, null or of another type than
/// expected has no value, and unknown members are ignored; where a verb cannot do without one, it ends with a sentence.
/// </summary>
internal static class Answers
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    extension(JsonNode? node)
    {
        /// <summary>A member; null where there is none.</summary>
        public JsonNode? At(string name) => node is JsonObject members ? members[name] : null;

        /// <summary>Its text; null for anything but a string.</summary>
        public string? AsText() => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

        /// <summary>Its number; null for anything but a whole one.</summary>
        public long? AsNumber() => node is JsonValue value && value.TryGetValue(out long number) ? number : null;

        /// <summary>A number that has to be there.</summary>
        public long Number(string name) => node.At(name).AsNumber() ?? throw Lacks(name);

        /// <summary>A list of objects that has to be there.</summary>
        public IReadOnlyList<JsonObject> Items(string name) =>
            node.At(name) is JsonArray items && items.All(item => item is JsonObject)
                ? [.. items.OfType<JsonObject>()]
                : throw Lacks(name);
    }

    /// <summary>
    /// One JSON object without duplicate names and without half a surrogate pair in a text; null for anything else.
    /// </summary>
    public static JsonObject? TryParse(string text)
    {
        try
        {
            var json = Encoding.UTF8.GetBytes(text);
            ReadEscapes(json);
            return JsonNode.Parse(json, documentOptions: Strict) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The same, which it has to be.</summary>
    public static JsonObject Parse(string text) =>
        TryParse(text) ?? throw new VerbFailure(ExitCode.Unavailable, "The answer is not JSON: is this the Authority?");

    /// <summary>The text of a body.</summary>
    public static async Task<string> ReadTextAsync(HttpContent body, CancellationToken cancellationToken) =>
        Encoding.UTF8.GetString(await ReadAsync(body, cancellationToken));

    /// <summary>A body as it came.</summary>
    public static async Task<byte[]> ReadAsync(HttpContent body, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsByteArrayAsync(cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw BrokenOff(e);
        }
    }

    public static VerbFailure BrokenOff(Exception inner) =>
        new(ExitCode.Unavailable, "The Authority's answer broke off.", next: "Whether it was done is not known: ask again.",
            inner: inner);

    public static VerbFailure Lacks(string name) =>
        new(ExitCode.Unavailable, $"The Authority's answer has no usable {name}.",
            next: "Use the program of the Authority's own version.");

    // Nothing else looks at what an escape stands for before a verb asks for the text, and then it throws.
    private static void ReadEscapes(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        while (reader.Read())
        {
            if (reader.ValueIsEscaped)
            {
                _ = reader.GetString();
            }
        }
    }
}
