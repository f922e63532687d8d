using System.Buffers;

namespace Rescind.Authority.Stores;

/// <summary>
/// The claims that every access token of a session states: one list for whoever mints and for whoever judges. Every
/// top-level claim is a tag, so what kills the tokens of a session for one of them ends or blocks the session as well.
/// </summary>
internal static class MintedClaims
{
    /// <summary>Writes them as members of the object that is open.</summary>
    public static void Write(Utf8JsonWriter writer, Session session)
    {
        writer.WriteString("sub", session.Subject);
        WriteAudience(writer, session.Audience);
        writer.WriteString("client_id", session.ClientId);
        writer.WriteString("sid", session.Id);
        writer.WriteNumber("auth_time", session.AuthenticatedAt);
        WriteOptional(writer, "scope", session.Scope);
        WriteOptional(writer, "acr", session.Acr);
        WriteList(writer, "amr", session.Amr);
        foreach (var tag in session.Tags)
        {
            writer.WriteString(tag.Name, tag.Value);
        }

        using var claims = JsonDocument.Parse(session.Claims);
        foreach (var claim in claims.RootElement.EnumerateObject())
        {
            claim.WriteTo(writer);
        }
    }

    /// <summary>The same as tags: a string's characters, each element of an array, a number's or boolean's raw JSON.</summary>
    public static IReadOnlyList<SessionTag> TagsOf(Session session)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            Write(writer, session);
            writer.WriteEndObject();
        }

        using var claims = JsonDocument.Parse(json.WrittenMemory);
        return
        [
            .. from claim in claims.RootElement.EnumerateObject()
               from value in ValuesOf(claim.Value)
               where value.Length > 0
               select new SessionTag(claim.Name, value, SinceOf(session, claim.Name)),
        ];
    }

    /// <summary>How many tags a claim is.</summary>
    public static int CountOf(JsonElement value) => ValuesOf(value).Count();

    // The claims of its own that a session was given are the only ones but for its tags that can be changed.
    private static LogPosition SinceOf(Session session, string name) =>
        session.Tags.FirstOrDefault(tag => tag.Name == name)?.Since
        ?? (session.ClaimsSince is { } since && !ReservedClaims.Contains(name) ? since : session.Started);

    private static IEnumerable<string> ValuesOf(JsonElement value) =>
        value.ValueKind is JsonValueKind.Array ? value.EnumerateArray().SelectMany(ScalarOf) : ScalarOf(value);

    private static IEnumerable<string> ScalarOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => [value.GetRawText()],
        _ => [],
    };

    // One audience is a string, which every reader takes; several are an array.
    private static void WriteAudience(Utf8JsonWriter writer, IReadOnlyList<string> audience)
    {
        if (audience.Count == 1)
        {
            writer.WriteString("aud", audience[0]);
        }
        else
        {
            WriteList(writer, "aud", audience);
        }
    }

    private static void WriteList(Utf8JsonWriter writer, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 0)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var value in values)
        {
            writer.WriteStringValue(value);
        }

        writer.WriteEndArray();
    }

    private static void WriteOptional(Utf8JsonWriter writer, string name, string? value)
    {
        if (value is not null)
        {
            writer.WriteString(name, value);
        }
    }
}
