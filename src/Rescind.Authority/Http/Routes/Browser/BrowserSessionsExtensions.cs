using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Http.Routes.Browser;

namespace Rescind.Authority.Sessions;

/// <summary>Cookie mode: the refresh token stays in a cookie that no script reads.</summary>
public static class BrowserSessionsExtensions
{
    /// <summary>
    /// Puts the refresh token of a session that was just started into the answer's cookie, and returns what the page
    /// may see of it. <c>POST /browser/refresh</c> and <c>POST /browser/logout</c> go on from there. The session's
    /// client must be a public one, as <c>web</c> is. The answer is marked <c>no-store</c>. Throws
    /// <see cref="InvalidOperationException"/> once the answer has begun.
    /// </summary>
    public static BrowserTokens KeepInCookie(this HttpContext context, StartedSession started)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(started);
        context.RequestServices.GetRequiredService<RefreshCookie>()
            .Write(context.Response, started.RefreshToken, started.RefreshExpiresAt);
        context.Response.Headers.CacheControl = "no-store";
        return new() { AccessToken = started.AccessToken, ExpiresIn = started.ExpiresIn };
    }
}
