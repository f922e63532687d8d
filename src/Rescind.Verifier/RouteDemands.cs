using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Authentication;

namespace Rescind.Verifier;

/// <summary>What each route demands of the tokens of one scheme. Routes are known only once the app has started.</summary>
internal sealed class RouteDemands
{
    private readonly IOptions<VerifierOptions> _options;
    private readonly EndpointDataSource? _routes;
    private readonly Lazy<RouteDemand> _unrouted;
    private readonly ConditionalWeakTable<Endpoint, RouteDemand> _known = [];
    private readonly ConditionalWeakTable<Endpoint, RouteDemand>.CreateValueCallback _read;

    public RouteDemands(IOptions<VerifierOptions> options, EndpointDataSource? routes = null)
    {
        _options = options;
        _routes = routes;
        _read = endpoint => Read(endpoint.Metadata);
        _unrouted = new(() =>
            Read([.. Endpoints.SelectMany(endpoint => endpoint.Metadata)]) with { WhenStale = options.Value.WhenStale });
    }

    public IReadOnlyList<Endpoint> Endpoints => _routes?.Endpoints ?? [];

    /// <summary>The smallest freshness that any route demands: what the feed must be followed for.</summary>
    public TimeSpan SmallestFreshness => _unrouted.Value.Freshness;

    /// <summary>
    /// What a request's route demands. A request that was authenticated before it was routed could be for any route, so
    /// it must meet what all of them demand.
    /// </summary>
    public RouteDemand For(Endpoint? endpoint) =>
        endpoint is null ? _unrouted.Value : _known.GetValue(endpoint, _read);

    private RouteDemand Read(IReadOnlyList<object> metadata)
    {
        var freshness = metadata.OfType<RequireFreshnessAttribute>().ToList();
        var stepUps = metadata.OfType<RequireStepUpAttribute>().ToList();
        return new(
            freshness.Select(demand => demand.MaxStaleness).Append(_options.Value.MaxStaleness).Min(),
            freshness.LastOrDefault(demand => demand.WhenStale is not null)?.WhenStale ?? _options.Value.WhenStale,
            metadata.OfType<RequireIntrospectionAttribute>().Any(),
            stepUps.Count == 0 ? null : new StepUp(stepUps));
    }
}
