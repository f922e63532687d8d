using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier.Connections;

/// <summary>A token that a connection sent in place of its present one, found valid.</summary>
/// <param name="Scheme">The scheme that judged.</param>
/// <param name="Facts">What it says.</param>
/// <param name="User">Whose it is.</param>
/// <param name="IsAllowed">Whether the route lets its holder in.</param>
internal sealed record NewToken(string Scheme, TokenFacts Facts, ClaimsPrincipal User, bool IsAllowed);

/// <summary>What became of a token that a connection sent.</summary>
/// <param name="Token">The token; null if it is not valid, or not known to be.</param>
/// <param name="IsUnknown">Whether it cannot be told now.</param>
internal readonly record struct Renewal(NewToken? Token, bool IsUnknown);

/// <summary>
/// Judges new tokens of live connections exactly as the handshake was judged: by the same scheme, events and demands of
/// the route, and by the route's policies. So a renewal is a request that nobody sent.
/// </summary>
internal sealed class Renewals(IServiceScopeFactory scopes)
{
    public async Task<Renewal> JudgeAsync(Origin origin, string token)
    {
        var scope = scopes.CreateAsyncScope();
        await using var _ = scope.ConfigureAwait(false);
        var context = Again(origin, token, scope.ServiceProvider);
        var result = await context.AuthenticateAsync(origin.Authentication).ConfigureAwait(false);
        if (!result.Succeeded || context.Features.Get<IVerdictFeature>() is not { Verdict.IsValid: true } found)
        {
            return new(null, UnknownAnswer.Of(context) is not null);
        }

        context.User = result.Principal;
        var isAllowed = await IsAllowedAsync(context, result).ConfigureAwait(false);
        return new(new(found.Scheme, found.Facts, result.Principal, isAllowed), IsUnknown: false);
    }

    private static DefaultHttpContext Again(Origin origin, string token, IServiceProvider services)
    {
        var context = new DefaultHttpContext { RequestServices = services };
        context.SetEndpoint(origin.Endpoint);
        (context.Request.Method, context.Request.Scheme) = (HttpMethods.Get, origin.Scheme);
        (context.Request.Host, context.Request.Path) = (origin.Host, origin.Path);
        context.Connection.RemoteIpAddress = origin.Address;
        context.Request.Headers[HeaderNames.Authorization] = "Bearer " + token;
        return context;
    }

    private static async Task<bool> IsAllowedAsync(HttpContext context, AuthenticateResult result)
    {
        var metadata = context.GetEndpoint()?.Metadata ?? EndpointMetadataCollection.Empty;
        var services = context.RequestServices;
        var policies = services.GetRequiredService<IAuthorizationPolicyProvider>();
        var policy = await RouteSchemes.PolicyAsync(metadata, policies).ConfigureAwait(false);
        var all = new AuthorizationPolicyBuilder().RequireAuthenticatedUser();
        all.AddRequirements(
            [.. metadata.GetOrderedMetadata<IAuthorizationRequirementData>().SelectMany(data => data.GetRequirements())]);
        if (policy is not null)
        {
            all.Combine(policy);
        }

        var evaluator = services.GetRequiredService<IPolicyEvaluator>();
        return (await evaluator.AuthorizeAsync(all.Build(), result, context, context).ConfigureAwait(false)).Succeeded;
    }
}
