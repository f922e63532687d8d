using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>Makes the logout tokens of OpenID Connect Back-Channel Logout 1.0, each for one session at one client.</summary>
internal sealed class LogoutTokens(KeyRing keys, IOptions<AuthorityOptions> options, TimeProvider time)
{
    /// <summary>How long one is good, in seconds: for one try, not for the queue.</summary>
    private const long Lifetime = 120;

    /// <summary>A token of now; a later try has the same id in another one.</summary>
    public string Make(Logout logout)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject
        {
            ["iss"] = options.Value.Issuer, ["aud"] = logout.ClientId, ["iat"] = now, ["exp"] = now + Lifetime,
            ["jti"] = logout.Id, ["sub"] = logout.Subject, ["sid"] = logout.SessionId,
            ["events"] = new JsonObject { [LogoutToken.Event] = new JsonObject() },
        };
        return keys.Active.SignLogoutToken(Encoding.UTF8.GetBytes(claims.ToJsonString()));
    }
}
