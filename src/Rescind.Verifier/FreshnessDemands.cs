using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier;

/// <summary>Which freshness each route demands. Routes are known only once the app has started.</summary>
internal sealed class FreshnessDemands
{
    private readonly TimeSpan _bound;
    private readonly EndpointDataSource? _routes;
    private readonly Lazy<TimeSpan> _smallest;

    public FreshnessDemands(IOptions<VerifierOptions> options, EndpointDataSource? routes = null)
    {
        _bound = options.Value.MaxStaleness;
        _routes = routes;
        _smallest = new(() => Endpoints.Select(Of).Append(_bound).Min());
    }

    /// <summary>The smallest freshness that any route demands: what the feed must be followed for.</summary>
    public TimeSpan Smallest => _smallest.Value;

    private IReadOnlyList<Endpoint> Endpoints => _routes?.Endpoints ?? [];

    /// <summary>
    /// What a request's route demands, at most the bound. A request that was authenticated before it was routed could be for any
    /// route, so it must meet the smallest demand of all.
    /// </summary>
    public TimeSpan For(Endpoint? endpoint) => endpoint is null ? Smallest : Of(endpoint);

    /// <summary>Throws <see cref="InvalidOperationException"/> for a route that demands less freshness than the bound gives.</summary>
    public void Check()
    {
        foreach (var endpoint in Endpoints)
        {
            foreach (var demand in endpoint.Metadata.GetOrderedMetadata<RequireFreshnessAttribute>())
            {
                if (demand.MaxStaleness > _bound)
                {
                    throw new InvalidOperationException(VerifierErrors.FreshnessOutOfRange.Sentence(
                        $"{endpoint.DisplayName} demands {demand.MaxStaleness}, Rescind:MaxStaleness is {_bound}."));
                }
            }
        }
    }

    private TimeSpan Of(Endpoint endpoint)
    {
        var smallest = _bound;
        foreach (var demand in endpoint.Metadata.GetOrderedMetadata<RequireFreshnessAttribute>())
        {
            smallest = demand.MaxStaleness < smallest ? demand.MaxStaleness : smallest;
        }

        return smallest;
    }
}
