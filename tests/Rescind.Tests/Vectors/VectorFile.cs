using System.Collections.Concurrent;
using System.Text.Json;

namespace Rescind.Tests.Vectors;

/// <summary>The cases of one file under <c>vectors/</c>, which other implementations execute too.</summary>
internal static class VectorFile
{
    private static readonly ConcurrentDictionary<string, JsonElement> Files = new(StringComparer.Ordinal);

    /// <summary>The folder of the repository.</summary>
    public static string Root { get; } = FindRoot();

    public static JsonElement Read(string name) => Files.GetOrAdd(
        name, static name => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, "vectors", name))).RootElement);

    public static IEnumerable<JsonElement> Cases(string name, string list = "cases") =>
        Read(name).GetProperty(list).EnumerateArray();

    /// <summary>The member; null if it is null or absent.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>The member; null if it is null or absent.</summary>
    public static long? Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number ? value.GetInt64() : null;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!Directory.Exists(Path.Combine(folder!.FullName, "vectors")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
