using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Connections.Endpoints;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Handshaking;

namespace Rescind.Verifier;

/// <summary>Refuses routes that demand what cannot be given, or what nobody would be held to.</summary>
internal sealed class RouteChecks(
    SchemeVerifiers verifiers,
    IOptions<AuthorizationOptions> authorization,
    RouteSchemes routeSchemes,
    IAuthenticationSchemeProvider schemes,
    EndpointDataSource? routes = null)
{
    /// <summary>Throws <see cref="InvalidOperationException"/> for the first such route.</summary>
    public async Task CheckAsync()
    {
        CheckTickets(routes?.Endpoints ?? []);
        foreach (var endpoint in routes?.Endpoints ?? [])
        {
            CheckFreshness(endpoint);
            await CheckAskingAsync(endpoint).ConfigureAwait(false);
            await CheckFirstMessageAsync(endpoint).ConfigureAwait(false);
            CheckOpen(endpoint);
        }
    }

    private async Task CheckAskingAsync(Endpoint endpoint)
    {
        var asking = verifiers.All.Where(verifier => verifier.Demands.For(endpoint).MayAsk).ToList();
        var deaf = asking.FindAll(static verifier => string.IsNullOrWhiteSpace(verifier.Settings.Authority));
        if (deaf.Count == 0)
        {
            return;
        }

        // Of several schemes some may be able to ask: then it depends on which of them this route lets in.
        if (deaf.Count == asking.Count
            || (await routeSchemes.OfAsync(endpoint.Metadata).ConfigureAwait(false))
                .Any(name => deaf.Exists(one => one.Name == name)))
        {
            throw VerifierErrors.NobodyToAsk.ToException($"{endpoint.DisplayName} asks for it.");
        }
    }

    private async Task CheckFirstMessageAsync(Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<FirstMessageMetadata>() is not null
            && await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is null)
        {
            throw VerifierErrors.NoDefaultScheme.ToException($"It is {endpoint.DisplayName}.");
        }
    }

    // The framework would find out at the first request, and answer 500.
    private static void CheckTickets(IReadOnlyList<Endpoint> endpoints)
    {
        var twice = endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<TicketMetadata>() is not null)
            .CountBy(PlaceOf, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(static place => place.Value > 1);
        if (twice.Key is { } place)
        {
            throw VerifierErrors.SeveralTicketRoutes.ToException($"It is {place}.");
        }
    }

    private static string PlaceOf(RouteEndpoint endpoint) =>
        string.Join(
            ' ', [endpoint.RoutePattern.RawText?.Trim('/'), .. endpoint.Metadata.GetMetadata<IHostMetadata>()?.Hosts ?? []]);

    private void CheckOpen(Endpoint endpoint)
    {
        // Without a challenge nobody would be told to log in: the request would go on as an anonymous one.
        var demandsLogin = endpoint.Metadata.GetMetadata<RequireIntrospectionAttribute>() is not null
            || endpoint.Metadata.GetMetadata<RequireStepUpAttribute>() is not null;
        if (demandsLogin && LetsAnybodyIn(endpoint.Metadata))
        {
            throw VerifierErrors.RouteIsOpen.ToException($"It is {endpoint.DisplayName}.");
        }

        if (endpoint.Metadata.GetMetadata<CloseOnRevocationMetadata>() is not null
            && endpoint.Metadata.GetMetadata<FirstMessageMetadata>() is null && LetsAnybodyIn(endpoint.Metadata))
        {
            throw VerifierErrors.WatchedRouteIsOpen.ToException($"It is {endpoint.DisplayName}.");
        }
    }

    private void CheckFreshness(Endpoint endpoint)
    {
        var bound = verifiers.All.Max(static verifier => verifier.Settings.MaxStaleness);
        foreach (var demand in endpoint.Metadata.GetOrderedMetadata<RequireFreshnessAttribute>())
        {
            if (demand.MaxStaleness > bound)
            {
                throw VerifierErrors.FreshnessOutOfRange.ToException(
                    $"{endpoint.DisplayName} demands {demand.MaxStaleness}, Rescind:MaxStaleness is {bound}.");
            }
        }
    }

    private bool LetsAnybodyIn(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAllowAnonymous>() is not null
        || (authorization.Value.FallbackPolicy is null && metadata.GetMetadata<IAuthorizeData>() is null
            && metadata.GetMetadata<AuthorizationPolicy>() is null
            && metadata.GetMetadata<IAuthorizationRequirementData>() is null);
}
