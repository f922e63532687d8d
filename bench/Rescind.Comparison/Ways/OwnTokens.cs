using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Comparison.Ways;

/// <summary>Tokens that an application signs for itself (ES256), and how JwtBearer checks them.</summary>
internal sealed class OwnTokens(TimeSpan lifetime, TimeProvider time) : IDisposable
{
    private const string Issuer = "https://app.example";
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Credential Issue(string user, params (string Name, string Value)[] claims)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var more = claims.ToDictionary(claim => claim.Name, claim => (object)claim.Value);
        more["sub"] = user;
        more["jti"] = Entropy.System.NextId();
        return new("Authorization", "Bearer " + new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer, Audience = "orders", Claims = more, IssuedAt = now, NotBefore = now, Expires = now + lifetime,
            SigningCredentials = new(new ECDsaSecurityKey(_key) { KeyId = "k1" }, SecurityAlgorithms.EcdsaSha256),
        }));
    }

    public void Check(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters = new()
        {
            ValidIssuer = Issuer, ValidAudience = "orders", IssuerSigningKey = new ECDsaSecurityKey(_key) { KeyId = "k1" },
            LifetimeValidator = ByOurClock,
        };
    }

    /// <summary>
    /// What the library does by its own clock, by one that can run faster; with the leeway that is the library's default.
    /// </summary>
    public bool ByOurClock(DateTime? from, DateTime? until, SecurityToken token, TokenValidationParameters parameters) =>
        time.GetUtcNow().UtcDateTime is var now && !(from > now + parameters.ClockSkew) && now - parameters.ClockSkew < until;

    public void Dispose() => _key.Dispose();
}
