using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Rescind.Authority;

namespace Rescind.AspNetCore.Identity.Revocations;

/// <summary>The session that the present request is made in. Safe for concurrent use.</summary>
internal sealed class PresentSession(IHttpContextAccessor requests, IOptions<AuthorityOptions> authority)
{
    /// <summary>Its <c>sid</c>, if it is one of <paramref name="subject"/> and of this Authority; otherwise null.</summary>
    public string? Of(string subject) => requests.HttpContext?.User.Identities
        .Where(identity => identity.IsAuthenticated
            && ValueOf(identity, JwtRegisteredClaimNames.Iss) == authority.Value.Issuer
            && ValueOf(identity, JwtRegisteredClaimNames.Sub) == subject)
        .Select(identity => ValueOf(identity, JwtRegisteredClaimNames.Sid))
        .FirstOrDefault(session => !string.IsNullOrEmpty(session));

    // With MapInboundClaims, AddJwtBearer's default, a claim has a long name and keeps the token's beside it.
    private static string? ValueOf(ClaimsIdentity identity, string name) =>
        identity.FindFirst(claim => NameInToken(claim) == name)?.Value;

    private static string NameInToken(Claim claim) =>
        claim.Properties.TryGetValue(JsonWebTokenHandler.ShortClaimTypeProperty, out var inToken) ? inToken : claim.Type;
}
