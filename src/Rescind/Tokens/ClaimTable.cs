using System.Text.Unicode;

namespace Rescind;

/// <summary>
/// The top-level members of a header or payload, read once and strictly: one JSON object in UTF-8, no name twice at any depth, no
/// lone surrogate, nothing after it (JWT-5, JWT-7, T-22). Names are compared ordinally. Immutable.
/// </summary>
internal sealed class ClaimTable
{
    private static readonly JsonDocumentOptions DocumentOptions =
        new() { MaxDepth = CompactJws.MaxDepth, AllowDuplicateProperties = false };

    private readonly KeyValuePair<string, JsonElement>[] _members;

    private ClaimTable(KeyValuePair<string, JsonElement>[] members) => _members = members;

    public IReadOnlyList<KeyValuePair<string, JsonElement>> Members => _members;

    public static bool TryRead(ReadOnlyMemory<byte> json, [NotNullWhen(true)] out ClaimTable? table, out TokenFault fault)
    {
        table = null;
        fault = Utf8.IsValid(json.Span) ? CheckDepth(json.Span) : TokenFault.Json;
        if (fault is not TokenFault.NotRead)
        {
            return false;
        }

        try
        {
            // An element of its own, not of a pooled document: it may outlive the request.
            using var document = JsonDocument.Parse(json, DocumentOptions);
            var root = document.RootElement.Clone();
            table = json.Span.IndexOf("\\u"u8) < 0 || IsText(root) ? Of(root) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Malformed, a name twice, or a name that is no text: the framework throws for the last two as well.
        }

        fault = table is null ? TokenFault.Json : TokenFault.NotRead;
        return table is not null;
    }

    /// <summary>The members of an element of a document that was read strictly; null if it is no object.</summary>
    public static ClaimTable? Of(JsonElement element) => element.ValueKind is JsonValueKind.Object
        ? new([.. element.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, member.Value))])
        : null;

    public bool Has(string name) => TryFind(name, out _);

    public bool TryFind(string name, out JsonElement value)
    {
        foreach (var member in _members)
        {
            if (member.Key == name)
            {
                value = member.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The member if it is a string; otherwise null.</summary>
    public string? Text(string name) =>
        TryFind(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    // The document reader says only that something is wrong; too deep has a name of its own.
    private static TokenFault CheckDepth(ReadOnlySpan<byte> json)
    {
        var (depth, inText) = (0, false);
        for (var i = 0; i < json.Length; i++)
        {
            switch (json[i])
            {
                case (byte)'"':
                    inText = !inText;
                    break;
                case (byte)'\\' when inText:
                    i++;
                    break;
                case (byte)'{' or (byte)'[' when !inText && ++depth > CompactJws.MaxDepth:
                    return TokenFault.TooLarge;
                case (byte)'}' or (byte)']' when !inText:
                    depth--;
                    break;
            }
        }

        return TokenFault.NotRead;
    }

    // A lone surrogate has no UTF-8 form, so only an escape can bring one; the framework notices when the text is
    // taken, by throwing.
    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString() is not null,
                JsonValueKind.Array => element.EnumerateArray().All(IsText),
                JsonValueKind.Object => element.EnumerateObject().All(member => member.Name is not null && IsText(member.Value)),
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
