namespace Rescind.Cli.Http;

/// <summary>Writes the bodies of requests.</summary>
internal static class Bodies
{
    /// <summary>Texts as an array.</summary>
    public static JsonArray ArrayOf(IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode)text)]);

    extension(JsonObject body)
    {
        /// <summary>Adds a member unless its value was left out.</summary>
        public void AddIfThere(string name, JsonNode? value)
        {
            if (value is not null)
            {
                body[name] = value;
            }
        }
    }
}
