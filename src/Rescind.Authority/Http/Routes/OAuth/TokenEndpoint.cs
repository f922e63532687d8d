using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Input;
using Rescind.Authority.Http.Output;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.OAuth;

/// <summary><c>POST /token</c> (RFC 6749 sections 4.4, 5 and 6, RFC 8707).</summary>
internal static class TokenEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/token", (Delegate)PostAsync).RequireClient()
        .Describe(new("Refreshes a session, or gives an API client a token (RFC 6749).")
        {
            Form = ["grant_type", "refresh_token", "scope", ResourceIndicators.Parameter, "client_id", "client_secret"],
            Answer = TokenAnswerJson.Default.TokenAnswer,
            Failures = [Errors.TooManyRefreshes],
        });

    private static async Task<IResult> PostAsync(HttpContext context)
    {
        var form = await StrictForm.ReadAsync(context.Request, ResourceIndicators.Parameter).ConfigureAwait(false);
        if (!form.HasValue)
        {
            return Failures.Answer(form.Refusal, asOAuth: true);
        }

        // The committed head first: whatever takes the client's rights away after it kills a token made here, and what
        // did before it is known. A refresh is judged in its own transaction.
        var authentication = context.Service<ClientAuthentication>();
        var head = default(LogPosition);
        if (form.Value["grant_type"] is "client_credentials")
        {
            head = await context.Service<LogFollower>().ReadHeadAsync(context.RequestAborted).ConfigureAwait(false);
        }
        else
        {
            await authentication.CatchUpAsync(context, form.Value).ConfigureAwait(false);
        }

        if (!authentication.TryAuthenticate(context.Request, form.Value, out var client, out var refusal))
        {
            return refusal;
        }

        return form.Value["grant_type"] switch
        {
            "client_credentials" => IssueToClient(context, client, form.Value, head),
            "refresh_token" => await context.Service<RefreshLimiter>()
                .RunAsync(client.ClientId, () => RefreshAsync(context, client, form.Value),
                    static refused => Failures.Answer(refused, asOAuth: true))
                .ConfigureAwait(false),
            null => OAuthError.InvalidRequest("grant_type is missing."),
            _ => new OAuthError(new("unsupported_grant_type", "The grant types are refresh_token and client_credentials.")),
        };
    }

    private static async Task<IResult> RefreshAsync(HttpContext context, ClientRecord client, UrlEncoded form)
    {
        if (form["refresh_token"] is not { } token)
        {
            return OAuthError.InvalidRequest("refresh_token is missing.");
        }

        var refreshed = await context.Service<Rotation>().RefreshAsync(
            client, token, new(form["scope"], form.All(ResourceIndicators.Parameter)), context.Origin, context.RequestAborted)
            .ConfigureAwait(false);
        return refreshed.Next is { } next
            ? TokenAnswer.Of(next.AccessToken, next.RefreshToken, next.Scope)
            : new OAuthError(refreshed.Refusal!);
    }

    private static IResult IssueToClient(HttpContext context, ClientRecord client, UrlEncoded form, LogPosition head)
    {
        if (client.Kind is not ClientKind.Confidential)
        {
            return new OAuthError(new("unauthorized_client", "A public client has no credentials to exchange."));
        }

        string[] audience = [ReservedNames.Audience(context.Options.Issuer!)];
        if (!ResourceIndicators.AreAmong(audience, form.All(ResourceIndicators.Parameter)))
        {
            return new OAuthError(
                ResourceIndicators.InvalidTarget(
                    $"A client's own token is for {audience[0]} alone. For an API start a session."));
        }

        var asked = form["scope"] is { } scope ? [.. ScopeNames.Split(scope).Distinct()] : client.Scopes;
        if (asked.Count == 0 || !asked.All(client.Grants))
        {
            return new OAuthError(new("invalid_scope", "The client does not hold a scope that it asked for."));
        }

        var token = context.Service<TokenIssuer>().IssueFor(client, asked, head);
        return TokenAnswer.Of(token, null, string.Join(' ', asked));
    }
}

/// <summary>The answer of RFC 6749 section 5.1; never stored by anything on the way.</summary>
internal sealed record TokenAnswer(string AccessToken, string TokenType, long ExpiresIn, string? RefreshToken, string? Scope)
{
    public static IResult Of(AccessToken token, string? refreshToken, string? scope) =>
        new NoStore(Results.Json(
            new(token.Text, "Bearer", (long)token.ExpiresIn.TotalSeconds, refreshToken, scope),
            TokenAnswerJson.Default.TokenAnswer));

    /// <summary>Names no token (G7).</summary>
    public override string ToString() => "tokens";

    private sealed class NoStore(IResult result) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers.CacheControl = "no-store";
            httpContext.Response.Headers.Pragma = "no-cache";
            return result.ExecuteAsync(httpContext);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenAnswer))]
internal sealed partial class TokenAnswerJson : JsonSerializerContext;
