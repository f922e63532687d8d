using System.Text.Json;
using System.Text.Json.Nodes;

namespace Rescind.Cli.Inspecting;

/// <summary>
/// What can be shown of a token without checking it: header and claims, and whether the strict reader takes it. Never the token
/// itself, its signature, or another token that it carries.
/// </summary>
internal sealed record TokenReading(JsonObject? Header, JsonObject? Claims, CompactJws? Jws, TokenFault Fault)
{
    private const string NotShown = "(a token: not shown)";
    private const int SignatureWorthHiding = 16;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = CompactJws.MaxDepth, AllowDuplicateProperties = false };

    public static TokenReading Of(string token)
    {
        var accepted = CompactJws.TryRead(token, out var jws, out var fault);
        var segments = token.Length <= CompactJws.MaxLength ? token.Split('.') : [];
        return segments.Length == 3
            ? new(Decode(segments[0], segments[2]), Decode(segments[1], segments[2]), accepted ? jws : null, fault)
            : new(null, null, null, fault);
    }

    /// <summary>A claim that is an instant: its second, or null.</summary>
    public double? InstantOf(string claim) =>
        Claims?[claim] is JsonValue value && value.GetValueKind() is JsonValueKind.Number && value.TryGetValue(out double seconds) ? seconds : null;

    // Null for whatever is not one JSON object; a hostile one must not throw.
    private static JsonObject? Decode(string segment, string signature)
    {
        var bytes = new byte[StrictBase64Url.DecodedLength(segment.Length)];
        if (!StrictBase64Url.TryDecode(segment, bytes, out var written))
        {
            return null;
        }

        try
        {
            return Shown(JsonNode.Parse(bytes.AsSpan(0, written), null, Strict), signature) as JsonObject;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static JsonNode? Shown(JsonNode? node, string signature) => node switch
    {
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(Shown(member.Key, signature),
            Shown(member.Value, signature)))),
        JsonArray items => new JsonArray([.. items.Select(item => Shown(item, signature))]),
        JsonValue value when value.GetValueKind() is JsonValueKind.String => Shown(value.GetValue<string>(), signature),
        _ => node?.DeepClone(),
    };

    private static string Shown(string text, string signature)
    {
        var holdsSignature = signature.Length >= SignatureWorthHiding && text.Contains(signature, StringComparison.Ordinal);
        var isToken = text.StartsWith("rt_", StringComparison.Ordinal) || (text.StartsWith("ey", StringComparison.Ordinal) && text.Count('.') >= 2);
        return holdsSignature || isToken ? NotShown : text;
    }
}
