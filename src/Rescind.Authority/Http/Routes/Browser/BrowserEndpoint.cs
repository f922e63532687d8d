using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Sessions;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.Browser;

/// <summary>
/// <c>/browser</c>: refresh and logout by the cookie that <c>KeepInCookie</c> sets. Cookie and session are judged like
/// a grant, hence 400 and no challenge. A refusal deletes nothing: it may be late, and the cookie a newer login's.
/// </summary>
internal static class BrowserEndpoint
{
    private const string Reason = "signed out";

    // No id of a client: whose session a cookie is of is known only after it was looked up.
    private const string CookieShare = "";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/browser/refresh", (Delegate)RefreshAsync).RequireOwnPage()
            .Describe(new("Refreshes the session of the cookie.")
            {
                Answer = AuthorityJson.Default.BrowserTokens,
                Failures = [Errors.NoCookie, Errors.CookieRefused, Errors.TooManyRefreshes],
            });
        routes.MapPost("/browser/logout", (Delegate)LogoutAsync).RequireOwnPage()
            .Describe(new("Ends the session of the cookie and clears the browser.") { Status = StatusCodes.Status204NoContent });
    }

    private static Task<IResult> RefreshAsync(
        HttpContext context, RefreshCookie cookie, CookieSessions sessions, RefreshLimiter limiter) =>
        cookie.Read(context.Request) is { } token
            ? limiter.RunAsync(CookieShare, () => sessions.RefreshAsync(token, context), static refusal => refusal.Problem())
            : Task.FromResult<IResult>(Errors.NoCookie.Problem());

    // 204 whatever the cookie was: who asks to be logged out is (T-44). Everything is told only after the end is durable.
    private static async Task<IResult> LogoutAsync(HttpContext context, RefreshCookie cookie, CookieSessions sessions)
    {
        if (cookie.Read(context.Request) is { } token)
        {
            await sessions.EndAsync(token, Reason, context).ConfigureAwait(false);
        }

        cookie.Delete(context.Response);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["Clear-Site-Data"] = "\"cache\", \"storage\"";
        return TypedResults.NoContent();
    }
}
