using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests;

/// <summary>What routes demand, and that a healthy system can always give it.</summary>
public sealed class Freshness
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(60)]
    [InlineData(2)]
    [InlineData(0.5)]
    public async Task A_route_that_demands_freshness_never_flickers_on_an_idle_healthy_system(double demand)
    {
        var demands = Demands(demand);
        var followed = new FollowedReplica(new(), Bound, demands.SmallestFreshness);
        await followed.BecomeReadyAsync();

        // Two minutes of polls that are held to their end, each with a tenth of a second on the way.
        for (var ended = followed.Time.GetUtcNow().AddMinutes(2); followed.Time.GetUtcNow() < ended;)
        {
            await followed.PollAsync(wait =>
            {
                followed.Time.Advance(wait);
                followed.Replica.Age.ShouldBeLessThanOrEqualTo(demands.SmallestFreshness);
                followed.Time.Advance(TimeSpan.FromSeconds(0.1));
                followed.Replica.Age.ShouldBeLessThanOrEqualTo(demands.SmallestFreshness);
            });
        }
    }

    [Fact]
    public void Of_several_demands_on_one_route_the_smallest_counts() =>
        Demands(3).For(Route(4, 2)).Freshness.ShouldBe(TimeSpan.FromSeconds(2));

    [Fact]
    public void A_route_without_a_demand_takes_the_bound() => Demands(3).For(Route()).Freshness.ShouldBe(Bound);

    [Fact]
    public void A_request_that_is_not_routed_yet_must_meet_the_smallest_demand_of_all() =>
        Demands(3).For(null).Freshness.ShouldBe(TimeSpan.FromSeconds(3));

    private static RouteDemands Demands(double seconds) =>
        new(Options.Create(new VerifierOptions { MaxStaleness = Bound }), new DefaultEndpointDataSource(Route(), Route(seconds)));

    private static Endpoint Route(params double[] demands) =>
        new(null, new(demands.Select(static seconds => new RequireFreshnessAttribute(seconds))), "a route");
}
