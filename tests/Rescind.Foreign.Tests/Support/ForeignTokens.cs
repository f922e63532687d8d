using System.Buffers.Text;
using System.Text.Json.Nodes;

namespace Rescind.Foreign.Tests.Support;

/// <summary>What another issuer gave for a login.</summary>
internal sealed record ForeignTokens(string Access, string Refresh)
{
    public JsonObject Header { get; } = Part(Access, 0);

    public JsonObject Claims { get; } = Part(Access, 1);

    public string Text(string claim) => (string)Claims[claim]!;

    public long Number(string claim) => (long)Claims[claim]!;

    private static JsonObject Part(string token, int index) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!.AsObject();
}
