using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Connections;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>Refuses routes that demand what cannot be given, or what nobody would be held to.</summary>
internal sealed class RouteChecks(RouteDemands demands, IOptions<VerifierOptions> options, IOptions<AuthorizationOptions> authorization)
{
    /// <summary>Throws <see cref="InvalidOperationException"/> for the first such route.</summary>
    public void Check()
    {
        foreach (var endpoint in demands.Endpoints)
        {
            CheckFreshness(endpoint);
            var demand = demands.For(endpoint);
            if (demand.MayAsk && string.IsNullOrWhiteSpace(options.Value.Authority))
            {
                throw new InvalidOperationException(VerifierErrors.NobodyToAsk.Sentence($"{endpoint.DisplayName} asks for it."));
            }

            // Without a challenge nobody would be told to log in: the request would go on as an anonymous one.
            if ((demand.Introspection || demand.StepUp is not null) && LetsAnybodyIn(endpoint.Metadata))
            {
                throw new InvalidOperationException(VerifierErrors.RouteIsOpen.Sentence($"It is {endpoint.DisplayName}."));
            }

            if (endpoint.Metadata.GetMetadata<CloseOnRevocationMetadata>() is not null
                && endpoint.Metadata.GetMetadata<FirstMessageMetadata>() is null && LetsAnybodyIn(endpoint.Metadata))
            {
                throw new InvalidOperationException(VerifierErrors.WatchedRouteIsOpen.Sentence($"It is {endpoint.DisplayName}."));
            }
        }
    }

    private void CheckFreshness(Endpoint endpoint)
    {
        var bound = options.Value.MaxStaleness;
        foreach (var demand in endpoint.Metadata.GetOrderedMetadata<RequireFreshnessAttribute>())
        {
            if (demand.MaxStaleness > bound)
            {
                throw new InvalidOperationException(VerifierErrors.FreshnessOutOfRange.Sentence(
                    $"{endpoint.DisplayName} demands {demand.MaxStaleness}, Rescind:MaxStaleness is {bound}."));
            }
        }
    }

    private bool LetsAnybodyIn(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAllowAnonymous>() is not null
        || (authorization.Value.FallbackPolicy is null && metadata.GetMetadata<IAuthorizeData>() is null
            && metadata.GetMetadata<AuthorizationPolicy>() is null && metadata.GetMetadata<IAuthorizationRequirementData>() is null);
}
