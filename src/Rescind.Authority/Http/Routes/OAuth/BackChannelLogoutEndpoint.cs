using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Revocations;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary>
/// <c>POST /backchannel-logout</c> (OpenID Connect Back-Channel Logout 1.0): the issuer's signature is the only
/// credential. 200 only after the act is durable.
/// </summary>
internal static class BackChannelLogoutEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/backchannel-logout", (Delegate)PostAsync).RequireLogoutToken()
            .Describe(new("Takes a registered issuer's word that somebody has logged out there (OpenID Connect "
                + "Back-Channel Logout).")
            {
                Form = ["logout_token"], Failures = [Errors.IssuerKeysUnknown, Errors.TooManyLogouts],
            });

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var form = await StrictForm.ReadAsync(context.Request).ConfigureAwait(false);
        if (!form.HasValue)
        {
            return Failures.Answer(form.Refusal, asOAuth: true);
        }

        if (form.Value["logout_token"] is not { } token)
        {
            return OAuthError.InvalidRequest("logout_token is missing.");
        }

        context.Response.Headers.CacheControl = "no-store";
        var refusal = await context.Service<BackChannelLogouts>()
            .ReceiveAsync(token, context.Origin, context.RequestAborted).ConfigureAwait(false);
        return refusal is null ? Results.Ok() : new OAuthError(refusal);
    }
}
