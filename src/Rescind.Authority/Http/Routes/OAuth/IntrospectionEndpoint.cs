using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary>
/// <c>POST /introspect</c> (RFC 7662): <c>{"active":false}</c> and nothing more for anything that is not valid now (IN-2).
/// </summary>
internal static class IntrospectionEndpoint
{
    private const string Bearer = "Bearer ";
    private static readonly RouteAccess ByBearer = new(AccessKind.Scope, [ScopeNames.Introspect]);
    private static readonly IntrospectionAnswer Inactive = new() { Active = false };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/introspect", (Delegate)PostAsync).RequireClient()
        .Describe(new("Says whether a token is valid now (RFC 7662); needs the scope introspect.")
        {
            Form = ["token", "token_type_hint", "client_id", "client_secret"],
            Answer = IntrospectionJson.Default.IntrospectionAnswer,
        });

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var form = await StrictForm.ReadAsync(context.Request).ConfigureAwait(false);
        if (!form.HasValue)
        {
            return Failures.Answer(form.Refusal, asOAuth: true);
        }

        // What another node acknowledged before the request came is known here first.
        await context.Service<LogFollower>().RequireCurrentAsync(context.RequestAborted).ConfigureAwait(false);
        if (Refuse(context, form.Value) is { } refusal)
        {
            return refusal;
        }

        if (form.Value["token"] is not { } token)
        {
            return OAuthError.InvalidRequest("token is missing.");
        }

        context.Response.Headers.CacheControl = "no-store";
        var answer = token.StartsWith(RefreshTokens.Prefix, StringComparison.Ordinal)
            ? await DescribeRefreshTokenAsync(context, token).ConfigureAwait(false)
            : DescribeAccessToken(context, token);
        return Results.Json(answer, IntrospectionJson.Default.IntrospectionAnswer);
    }

    // IN-1: a bearer token with the scope, or client credentials of a client that holds it.
    private static IResult? Refuse(HttpContext context, UrlEncoded form)
    {
        if (context.Request.Headers.Authorization is [{ } header]
            && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return context.Service<AccessControl>().Authorize(context, ByBearer) is { } refusal
                ? Failures.Answer(refusal, asOAuth: true)
                : form["client_secret"] is not null ? OAuthError.InvalidRequest("Send client credentials in one place.") : null;
        }

        return !context.Service<ClientAuthentication>()
            .TryAuthenticate(context.Request, form, out var client, out var refused)
                ? Challenged(refused)
            : client.Kind is not ClientKind.Confidential ? ClientAuthentication.InvalidClient(Challenges.Basic)
            : client.Grants(ScopeNames.Introspect) ? null
            : Failures.Answer(Challenges.MissingScope(ByBearer.Scopes), asOAuth: true);
    }

    // RFC 7662 section 2.3: here, unlike at the token endpoint, credentials that are missing or wrong in the form are a
    // 401 as well.
    private static OAuthError Challenged(OAuthError refusal) => refusal.Refusal.Error == "invalid_client"
        ? ClientAuthentication.InvalidClient(Challenges.Basic)
        : refusal;

    // The leeway is for clocks that differ: ours does not differ from itself (IN-3). A client that was removed has no
    // tokens, whatever was lifted.
    private static IntrospectionAnswer DescribeAccessToken(HttpContext context, string text) =>
        context.Service<OwnTokens>().Read(text) is not { Verdict.IsValid: true, Facts: var facts }
        || facts.ExpiresAt <= context.Service<TimeProvider>().GetUtcNow().ToUnixTimeSeconds()
        || !context.Service<ClientRegistry>().Has(facts.ClientId!) ? Inactive : new()
    {
        Active = true,
        Scope = facts.Scope,
        ClientId = facts.ClientId,
        TokenType = "Bearer",
        Exp = facts.ExpiresAt,
        Iat = facts.IssuedAt,
        Sub = facts.Subject,
        Aud = facts.Audience,
        Iss = facts.Issuer,
        Jti = facts.TokenId,
        Sid = facts.SessionId,
        AuthTime = facts.AuthTime,
    };

    private static async Task<IntrospectionAnswer> DescribeRefreshTokenAsync(HttpContext context, string text)
    {
        var (session, presented) = await context.Service<RefreshTokens>()
            .FindAsync(text, context.Service<ISessionStore>(), context.RequestAborted).ConfigureAwait(false);
        if (session is null || !WouldRefresh(context, session, presented!))
        {
            return Inactive;
        }

        return new()
        {
            Active = true,
            Scope = session.Scope,
            ClientId = session.ClientId,
            Exp = Math.Min(session.IdleExpiresAt, session.ExpiresAt),
            Iat = session.LastRefreshedAt,
            Sub = session.Subject,
            Aud = session.Audience,
            Iss = context.Options.Issuer,
            Sid = session.Id,
            AuthTime = session.AuthenticatedAt,
        };
    }

    // As the token endpoint would judge it now, a retry included.
    private static bool WouldRefresh(HttpContext context, Session session, PresentedRefreshToken presented)
    {
        var now = context.Service<TimeProvider>().GetUtcNow();
        return session.StateAt(now.ToUnixTimeSeconds()) is SessionState.Active
            && session.Answers(presented.Generation, context.Options.RetryWindow, now)
            && context.Service<ClientRegistry>().Has(session.ClientId);
    }
}

internal sealed record IntrospectionAnswer
{
    public required bool Active { get; init; }

    public string? Scope { get; init; }

    public string? ClientId { get; init; }

    public string? TokenType { get; init; }

    public long? Exp { get; init; }

    public long? Iat { get; init; }

    public string? Sub { get; init; }

    public IReadOnlyList<string>? Aud { get; init; }

    public string? Iss { get; init; }

    public string? Jti { get; init; }

    public string? Sid { get; init; }

    public long? AuthTime { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IntrospectionAnswer))]
internal sealed partial class IntrospectionJson : JsonSerializerContext;
