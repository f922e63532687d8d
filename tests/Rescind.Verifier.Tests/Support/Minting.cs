using System.Text.Json.Nodes;

namespace Rescind.Verifier.Tests.Support;

/// <summary>Tokens of the fake Authority, right unless a test says otherwise.</summary>
internal static class Minting
{
    public static long Now => DateTimeOffset.UtcNow.ToUnixTimeSeconds();

    /// <summary>
    /// A token as minted now; <paramref name="claims"/> and <paramref name="header"/> change it, null takes away.
    /// </summary>
    public static string Mint(this FakeLog log, object? claims = null, object? header = null, SigningKey? key = null)
    {
        key ??= log.Key;
        var payload = new JsonObject
        {
            ["iss"] = log.Own,
            ["sub"] = "alice",
            ["aud"] = "orders",
            ["client_id"] = "web",
            ["sid"] = "session-1",
            ["jti"] = "token-1",
            ["iat"] = Now,
            ["exp"] = Now + 300,
            ["auth_time"] = Now - 10,
            ["lpos"] = log.Head.Position.Value,
            ["role"] = "buyer",
        };
        var head = new JsonObject { ["alg"] = "ES256", ["typ"] = "at+jwt", ["kid"] = key.KeyId };
        return key.Sign(Changed(head, header), Changed(payload, claims));
    }

    private static string Changed(JsonObject json, object? changes)
    {
        if (changes is not null)
        {
            foreach (var (name, value) in System.Text.Json.JsonSerializer.SerializeToNode(changes)!.AsObject())
            {
                if (value is null)
                {
                    json.Remove(name);
                }
                else
                {
                    json[name] = value.DeepClone();
                }
            }
        }

        return json.ToJsonString();
    }
}
