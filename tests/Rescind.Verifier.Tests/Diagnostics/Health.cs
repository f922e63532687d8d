using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Diagnostics;

/// <summary>What a load balancer and an operator are told: fresh, late, stale, not ready.</summary>
public sealed class Health
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly FakeLog _log = new();
    private readonly FollowedReplica _followed;

    public Health() => _followed = new(_log, Bound, Bound);

    [Fact]
    public async Task It_is_not_ready_before_the_first_answer_is_applied_and_acknowledged()
    {
        (await CheckAsync()).ShouldSay(HealthStatus.Unhealthy, "The replica is not ready.");

        await _followed.LoadAsync();
        (await CheckAsync()).ShouldSay(HealthStatus.Unhealthy, "The replica is not ready.");

        await _followed.PollAsync();
        (await CheckAsync()).ShouldSay(HealthStatus.Unhealthy, "The replica is not ready.");

        await _followed.PollAsync();
        (await CheckAsync()).ShouldSay(HealthStatus.Healthy, "The replica is fresh.");
    }

    [Theory]
    [InlineData(0, HealthStatus.Healthy, "The replica is fresh.")]
    [InlineData(2500, HealthStatus.Healthy, "The replica is fresh.")]
    [InlineData(2501, HealthStatus.Degraded, "The replica is late.")]
    [InlineData(5000, HealthStatus.Degraded, "The replica is late.")]
    [InlineData(5001, HealthStatus.Unhealthy, "RSC3201 The replica is older than its bound.")]
    public async Task It_grows_late_above_half_of_the_bound_and_stale_above_all_of_it(
        int milliseconds, HealthStatus status, string sentence)
    {
        await _followed.BecomeReadyAsync();

        _followed.Time.Advance(TimeSpan.FromMilliseconds(milliseconds));

        (await CheckAsync()).ShouldSay(status, sentence);
    }

    [Fact]
    public async Task A_check_that_is_added_twice_is_one()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log, Schemes = static schemes => schemes.AddRescind(static verifier => verifier.Audience = "orders"),
            Services = static services => services.AddHealthChecks().AddRescind(),
        });

        (await api.StatusAsync(null, "/health/ready")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Its_data_say_how_old_and_how_far()
    {
        await _followed.BecomeReadyAsync();
        _followed.Time.Advance(TimeSpan.FromSeconds(3));
        _followed.Status.LastError = "RSC3203 The Authority cannot be reached.";

        var data = (await CheckAsync()).Data;

        data.ToDictionary().ShouldBe(
            new Dictionary<string, object>
            {
                ["age_ms"] = 3000L, ["bound_ms"] = 5000L, ["epoch"] = "epoch-1", ["position"] = _log.Head.Position.Value,
                ["entries"] = _followed.Status.Entries, ["forks"] = 0, ["trouble"] = "RSC3203 The Authority cannot be reached.",
            },
            ignoreOrder: true);
    }

    [Fact]
    public async Task Before_anything_was_heard_its_age_is_none() => (await CheckAsync()).Data["age_ms"].ShouldBe(-1L);

    [Fact]
    public async Task Readiness_follows_the_replica()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new() { Feed = _log, WaitUntilReady = false });
        (await api.StatusAsync(null, "/health/ready")).ShouldBe(HttpStatusCode.ServiceUnavailable);

        _log.IsAway = false;

        await Eventually.Async(async () => await api.StatusAsync(null, "/health/ready") is HttpStatusCode.OK);
    }

    private Task<HealthCheckResult> CheckAsync() => Task.FromResult(ReplicaHealthCheck.Check(_followed.Status));
}

file static class HealthSentences
{
    public static void ShouldSay(this HealthCheckResult result, HealthStatus status, string sentence)
    {
        result.Status.ShouldBe(status);
        result.Description.ShouldNotBeNull().ShouldStartWith(sentence);
    }
}
