using Microsoft.IdentityModel.JsonWebTokens;

namespace System.Security.Claims;

/// <summary>
/// What an app most often asks of whoever is logged in, by the names of the token, whatever the framework made of them.
/// What is read is the principal's: whether its token holds is decided where the request is let in.
/// </summary>
public static class RescindPrincipalExtensions
{
    extension(ClaimsPrincipal user)
    {
        /// <summary>Who it is: the token's <c>sub</c> (RFC 7519 section 4.1.2). Null if nobody is logged in.</summary>
        public string? Subject => Find(user, "sub");

        /// <summary>
        /// The session: the token's <c>sid</c>, what a logout revokes. Null if nobody is logged in, and for a token
        /// without one, as API clients have.
        /// </summary>
        public string? SessionId => Find(user, "sid");
    }

    // With MapInboundClaims, AddJwtBearer's default, a claim has a long name and keeps the token's beside it. Other
    // claims of the token are mapped to the same long name, so that one says nothing.
    private static string? Find(ClaimsPrincipal user, string name)
    {
        ArgumentNullException.ThrowIfNull(user);
        return user.FindFirst(claim => NameInToken(claim) == name)?.Value;
    }

    private static string NameInToken(Claim claim) =>
        claim.Properties.TryGetValue(JsonWebTokenHandler.ShortClaimTypeProperty, out var name) ? name : claim.Type;
}
