using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Rescind.AspNetCore.Identity.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Sessions;

/// <summary>The claims of one type of user, without naming the type.</summary>
internal interface IUserClaims
{
    /// <summary>The claims of the session's next token as the text of an object; null if the user is no more.</summary>
    ValueTask<string?> FindAsync(MintingSession session);
}

/// <summary>
/// The claims of a user's next token: those that the session was started with, but roles and allowed claims as the user
/// has them now.
/// </summary>
internal sealed class UserClaims<TUser>(
    UserManager<TUser> users, IUserClaimsPrincipalFactory<TUser> principals, IOptions<IdentityOptions> identity,
    UserKinds kinds) : IUserClaims
    where TUser : class
{
    /// <inheritdoc/>
    public async ValueTask<string?> FindAsync(MintingSession session)
    {
        var options = kinds.Of<TUser>();
        if (await ((RevokingUserManager<TUser>)users).FindBySubjectAsync(session.Subject).ConfigureAwait(false) is not { } user)
        {
            return options.AllowSubjectsThatAreNoUsers ? session.Claims : null;
        }

        var principal = await principals.CreateAsync(user).ConfigureAwait(false);
        var claims = JsonNode.Parse(session.Claims)!.AsObject();
        Put(claims, options.RoleClaim, principal.FindAll(identity.Value.ClaimsIdentity.RoleClaimType));
        foreach (var type in options.Claims)
        {
            Put(claims, type, principal.FindAll(type));
        }

        return claims.ToJsonString();
    }

    // One value is a string and several are an array, as the framework's own tokens have it; what the user no longer has goes.
    private static void Put(JsonObject claims, string name, IEnumerable<Claim> found)
    {
        string[] values = [.. found.Select(claim => claim.Value).Distinct()];
        claims.Remove(name);
        if (values.Length > 0)
        {
            claims[name] = values.Length == 1 ? values[0] : new JsonArray([.. values.Select(value => (JsonNode)value)]);
        }
    }
}
