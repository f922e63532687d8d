using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary>
/// <c>POST /revoke</c> (RFC 7009). 200 only after the act is durable (RV-9), and for whatever is no token of ours (RV-4).
/// </summary>
internal static class RevocationEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/revoke", (Delegate)PostAsync).RequireClient()
        .Describe(new("Takes one token back (RFC 7009).") { Form = ["token", "token_type_hint", "client_id", "client_secret"] });

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var form = await StrictForm.ReadAsync(context.Request).ConfigureAwait(false);
        if (!form.HasValue)
        {
            return Failures.Answer(form.Refusal, asOAuth: true);
        }

        var authentication = context.Service<ClientAuthentication>();
        await authentication.CatchUpAsync(context, form.Value).ConfigureAwait(false);
        if (!authentication.TryAuthenticate(context.Request, form.Value, out var client, out var refusal))
        {
            return refusal;
        }

        // The hint changes nothing: a refresh token cannot be mistaken for an access token (RV-5).
        return form.Value["token"] is not { } token ? OAuthError.InvalidRequest("token is missing.")
            : token.StartsWith(RefreshTokens.Prefix, StringComparison.Ordinal)
                ? await EndSessionAsync(context, client, token).ConfigureAwait(false)
                : await EndTokenAsync(context, client, token).ConfigureAwait(false);
    }

    private static async Task<IResult> EndSessionAsync(HttpContext context, ClientRecord client, string token)
    {
        var (session, _) = await context.Service<RefreshTokens>()
            .FindAsync(token, context.Service<ISessionStore>(), context.RequestAborted).ConfigureAwait(false);
        return session is null ? Results.Ok()
            : !MayRevoke(client, session.ClientId) ? NotYours()
            : await EndAsync(context, client, Match.Session(session.Id), null).ConfigureAwait(false);
    }

    // What has ended it already may be lifted or run out: it is ended by an act of its own.
    private static async Task<IResult> EndTokenAsync(HttpContext context, ClientRecord client, string text)
    {
        var tokens = context.Service<OwnTokens>();
        return tokens.Read(text) is not { } token ? Results.Ok()
            : !MayRevoke(client, token.Facts.ClientId) ? NotYours()
            : tokens.IsOver(token) ? Results.Ok()
            : await EndAsync(context, client, token.Facts.Token, token.Facts.ExpiresAt).ConfigureAwait(false);
    }

    private static async Task<IResult> EndAsync(HttpContext context, ClientRecord client, Match match, long? tokenExpires)
    {
        await context.Service<RevocationOperations>().EndAsync(
            new() { Match = match, TokenExpires = tokenExpires, Reason = "revoked by its client" },
            context.AuditOf("client:" + client.ClientId), context.RequestAborted).ConfigureAwait(false);
        return Results.Ok();
    }

    private static bool MayRevoke(ClientRecord client, string? owner) =>
        client.ClientId == owner || (client.Kind is ClientKind.Confidential && client.Grants(ScopeNames.Revoke));

    private static OAuthError NotYours() => new(new("unauthorized_client", "The token was issued to another client."));
}
