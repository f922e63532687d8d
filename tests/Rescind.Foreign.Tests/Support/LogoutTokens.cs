using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Foreign.Tests.Support;

/// <summary>Logout tokens as OpenID Connect Back-Channel Logout has them, right unless a test says otherwise.</summary>
internal static class LogoutTokens
{
    public const string Event = "http://schemas.openid.net/event/backchannel-logout";

    /// <summary>The audience of them all.</summary>
    public const string Audience = "rescind";

    /// <summary>
    /// A token of <paramref name="issuer"/> that ends <paramref name="session"/>, issued at <paramref name="now"/>.
    /// </summary>
    public static string Sign(
        RsaSecurityKey key, string issuer, string session, long now, Action<JsonObject, JsonObject>? change = null)
    {
        var header = new JsonObject { ["alg"] = "RS256", ["typ"] = "logout+jwt", ["kid"] = key.KeyId };
        var claims = new JsonObject
        {
            ["iss"] = issuer, ["aud"] = Audience, ["iat"] = now, ["exp"] = now + 120, ["jti"] = Entropy.System.NextId(),
            ["sid"] = session, ["events"] = new JsonObject { [Event] = new JsonObject() },
        };
        change?.Invoke(header, claims);
        return Forgery.Sign(key, header, claims);
    }
}
