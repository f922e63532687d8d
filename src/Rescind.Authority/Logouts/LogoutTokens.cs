using System.Buffers;
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
        var claims = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(claims))
        {
            writer.WriteStartObject();
            writer.WriteString("iss", options.Value.Issuer);
            writer.WriteString("aud", logout.ClientId);
            writer.WriteNumber("iat", now);
            writer.WriteNumber("exp", now + Lifetime);
            writer.WriteString("jti", logout.Id);
            writer.WriteString("sub", logout.Subject);
            writer.WriteString("sid", logout.SessionId);
            writer.WriteStartObject("events");
            writer.WriteStartObject(LogoutToken.Event);
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return keys.Active.SignLogoutToken(claims.WrittenSpan);
    }
}
