using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores;

/// <summary>
/// The one reader of JSON in the columns of a row. An optional value that is null has its default, members that a later
/// version added are ignored, and what cannot be read is never guessed at: it throws
/// <see cref="StoreUnavailableException"/>, which names the row.
/// </summary>
/// <param name="Table">The table.</param>
/// <param name="Key">The row's key, which is no secret.</param>
internal readonly record struct StoredJson(string Table, string Key)
{
    /// <summary>Whether what cannot be read counts as empty.</summary>
    public bool IsLenient { get; init; }

    public static string WriteTexts(IReadOnlyList<string> texts) =>
        JsonSerializer.Serialize(texts, StoreJson.Default.IReadOnlyListString);

    public static string WriteTags(IReadOnlyList<SessionTag> tags) =>
        JsonSerializer.Serialize(
            [.. tags.Select(tag => new StoredTag(tag.Name, tag.Value, tag.Since.Value))],
            StoreJson.Default.IReadOnlyListStoredTag);

    /// <summary>An array of texts; empty for null unless it is required.</summary>
    public IReadOnlyList<string> Texts(string column, string? json, bool isRequired = false) =>
        Items(column, json, StoreJson.Default.IReadOnlyListString) ?? (isRequired && !IsLenient ? throw Damaged(column) : []);

    /// <summary>An array of tags; empty for null.</summary>
    public IReadOnlyList<SessionTag> Tags(string column, string? json) =>
        Items(column, json, StoreJson.Default.IReadOnlyListStoredTag) is { } tags
            ? [.. tags.Select(tag => new SessionTag(tag.Name, tag.Value, new(tag.Since)))]
            : [];

    /// <summary>The text of an object; one without members for null.</summary>
    public string Object(string column, string json)
    {
        if (json == "{}")
        {
            return json;
        }

        return Read(column, () =>
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind switch
            {
                JsonValueKind.Object => json,
                JsonValueKind.Null => "{}",
                _ => throw new JsonException("It is no object."),
            };
        }) ?? "{}";
    }

    /// <summary>What an issuer declared.</summary>
    public IssuerRecord Issuer(string column, string json) => Read(column, () => IssuerRecord.FromJson(json))!;

    private IReadOnlyList<T>? Items<T>(string column, string? json, JsonTypeInfo<IReadOnlyList<T>> type)
        where T : class
    {
        if (json is null)
        {
            return null;
        }

        return Read(column, () => JsonSerializer.Deserialize(json, type) is var items && items?.Contains(null!) is true
            ? throw new JsonException("An item is null.")
            : items);
    }

    // The parser's own message can repeat what the column holds.
    private T? Read<T>(string column, Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            return IsLenient ? null : throw Damaged(column, e);
        }
    }

    private StoreUnavailableException Damaged(string column, JsonException? inner = null) =>
        new(Errors.DataDamaged.Sentence(
            $"The column {column} of the row {Key} of {Table} does not hold what was written there."), inner);
}

/// <summary>
/// A tag in the JSON of a session's row; all three are required: an act counts against a tag only since it holds.
/// </summary>
internal sealed record StoredTag(string Name, string Value, long Since);

// Members that a later version adds are ignored.
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<StoredTag>))]
internal sealed partial class StoreJson : JsonSerializerContext;
