using System.Text.Json.Nodes;

namespace Rescind.Verifier.Tests.Support;

/// <summary>JSON objects of which one member is absent, null, or of another type.</summary>
internal static class Damaged
{
    public static IEnumerable<string> Lacking(string record, string member)
    {
        var json = JsonNode.Parse(record)!.AsObject();
        json[member] = null;
        yield return json.ToJsonString();
        json.Remove(member).ShouldBeTrue();
        yield return json.ToJsonString();
    }

    public static IEnumerable<string> Wrong(string record, string member)
    {
        var json = JsonNode.Parse(record)!.AsObject();
        foreach (var value in new JsonNode[] { new JsonArray(7), new JsonObject() })
        {
            json[member] = value;
            yield return json.ToJsonString();
        }
    }
}
