using Microsoft.AspNetCore.Http;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.Browser;

/// <summary>The session of a refresh cookie.</summary>
internal sealed class CookieSessions(
    ISessionStore store, SessionOperations operations, RefreshTokens refreshTokens, Rotation rotation,
    ClientRegistry clients, RefreshCookie cookie)
{
    /// <summary>A new access token, and the next refresh token in the cookie.</summary>
    public async Task<IResult> RefreshAsync(string token, HttpContext context)
    {
        // A confidential client must authenticate, which no cookie does (RT-1).
        if (await FindAsync(token, context).ConfigureAwait(false) is not { } session
            || clients.Find(session.ClientId) is not { Kind: ClientKind.Public } client)
        {
            return Errors.CookieRefused.Problem();
        }

        var refreshed = await rotation.RefreshAsync(client, token, Narrowing.None, context.Origin, context.RequestAborted)
            .ConfigureAwait(false);
        if (refreshed.Next is not { } next)
        {
            var refusal = refreshed.Refusal!;
            return new Problem(new(Errors.CookieRefused) { Reason = refusal.Reason, Explanation = refusal.Explanation });
        }

        cookie.Write(context.Response, next.RefreshToken, next.Session.RefreshExpiresAt);
        return new JsonAnswer<BrowserTokens>(
            new() { AccessToken = next.AccessToken.Text, ExpiresIn = (long)next.AccessToken.ExpiresIn.TotalSeconds },
            AuthorityJson.Default.BrowserTokens);
    }

    /// <summary>Ends the session; does nothing if the token is none of ours.</summary>
    public async Task EndAsync(string token, string reason, HttpContext context)
    {
        if (await FindAsync(token, context).ConfigureAwait(false) is { } session)
        {
            var audit = context.AuditOf("subject:" + session.Subject);
            await operations.EndAsync(session, reason, audit, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task<Session?> FindAsync(string token, HttpContext context) =>
        (await refreshTokens.FindAsync(token, store, context.RequestAborted).ConfigureAwait(false)).Session;
}
