namespace Rescind.Cli.Inspecting;

/// <summary>
/// What can be shown of a token without checking it: header and claims, and whether the strict reader takes it. Never the token
/// itself, its signature, or another token that it carries.
/// </summary>
/// <param name="Header">The header, as it may be shown; null if it cannot be read.</param>
/// <param name="Claims">The claims, likewise.</param>
/// <param name="Sensitive">The claims that should not stand in a token.</param>
/// <param name="Jws">The token, if the strict reader takes it.</param>
/// <param name="Fault">Why it does not.</param>
internal sealed record TokenReading(
    JsonObject? Header, JsonObject? Claims, IReadOnlyList<SensitiveClaim> Sensitive, CompactJws? Jws, TokenFault Fault)
{
    private const string NotShown = "(a token: not shown)";
    private const int SignatureWorthHiding = 16;

    private static readonly JsonDocumentOptions Strict =
        new() { MaxDepth = CompactJws.MaxDepth, AllowDuplicateProperties = false };

    public static TokenReading Of(string token)
    {
        var accepted = CompactJws.TryRead(token, out var jws, out var fault);
        var segments = token.Length <= CompactJws.MaxLength ? token.Split('.') : [];
        if (segments.Length != 3)
        {
            return new(null, null, [], null, fault);
        }

        var (header, (claims, sensitive)) = (Decode(segments[0], segments[2]).Shown, Decode(segments[1], segments[2]));
        return new(header, claims, sensitive, accepted ? jws : null, fault);
    }

    /// <summary>A claim that is an instant: its second, or null.</summary>
    public double? InstantOf(string claim) =>
        Claims?[claim] is JsonValue value && value.GetValueKind() is JsonValueKind.Number && value.TryGetValue(out double seconds)
            ? seconds
            : null;

    // Nothing for whatever is not one JSON object; a hostile one must not throw.
    private static (JsonObject? Shown, IReadOnlyList<SensitiveClaim> Sensitive) Decode(string segment, string signature)
    {
        var bytes = new byte[StrictBase64Url.DecodedLength(segment.Length)];
        if (!StrictBase64Url.TryDecode(segment, bytes, out var written))
        {
            return (null, []);
        }

        try
        {
            using var document = JsonDocument.Parse(bytes.AsMemory(0, written), Strict);
            var members = document.RootElement.Clone();
            SensitiveClaim[] sensitive =
                [
                    .. members.EnumerateObject().Select(member => ClaimsGuard.Find(member.Name, member.Value))
                        .OfType<SensitiveClaim>(),
                ];
            return (Shown(JsonObject.Create(members), signature) as JsonObject,
                [.. sensitive.Select(found => found with { Claim = Shown(found.Claim, signature) })]);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            return (null, []);
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
        var holdsSignature = signature.Length >= SignatureWorthHiding && text.Contains(signature);
        var isToken = text.StartsWith("rt_", StringComparison.Ordinal)
            || (text.StartsWith("ey", StringComparison.Ordinal) && text.Count('.') >= 2);
        return holdsSignature || isToken ? NotShown : text;
    }
}
