using System.Net;
using Rescind.Client.Tests.Support;

namespace Rescind.Client.Tests.Requests;

/// <summary>
/// 503 and Retry-After: the API does not know yet. Idempotent calls wait it out, within a limit; nobody's session is touched.
/// </summary>
public sealed class UnavailableApis
{
    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    public async Task An_idempotent_call_waits_as_long_as_it_is_asked_to(string method)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Times(2, ScriptedServer.Say(503, headers: ("Retry-After", "2")));
        var started = world.Time.GetUtcNow();

        var answer = await world.RunAsync(world.Http.SendAsync(new(new(method), "/orders")));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (world.Time.GetUtcNow() - started).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4));
        world.Server.Refreshes.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "1")]
    [InlineData("PATCH", "1")]
    [InlineData("GET", null)]
    [InlineData("GET", "soon")]
    [InlineData("GET", "31")]
    public async Task Other_methods_other_503s_and_waits_beyond_the_limit_are_the_callers(string method, string? retryAfter)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Say(503, headers: retryAfter is null ? [] : [("Retry-After", retryAfter)]);

        (await world.Http.SendAsync(new(new(method), "/orders"))).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        world.Server.Calls.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    [InlineData("Mon, 23 Nov 2026 10:00:01 GMT")]
    public async Task An_API_that_stays_unavailable_is_asked_a_bounded_number_of_times_within_the_limit(string retryAfter)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Say(
            503, headers: [("Retry-After", retryAfter), ("Date", "Mon, 23 Nov 2026 10:00:00 GMT")]);
        var started = world.Time.GetUtcNow();

        (await world.RunAsync(world.GetAsync())).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);

        (world.Time.GetUtcNow() - started).ShouldBeLessThan(TimeSpan.FromSeconds(60));
        world.Server.Calls.Count.ShouldBeInRange(2, 62);
    }

    [Theory]
    [InlineData("09")]
    [InlineData("15")]
    public async Task A_moment_to_come_again_is_taken_by_the_clock_of_whoever_named_it(string hour)
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Times(1, ScriptedServer.Say(503, headers:
            [("Date", $"Mon, 23 Nov 2026 {hour}:00:00 GMT"), ("Retry-After", $"Mon, 23 Nov 2026 {hour}:00:04 GMT")]));
        var started = world.Time.GetUtcNow();

        (await world.RunAsync(world.GetAsync())).StatusCode.ShouldBe(HttpStatusCode.OK);

        (world.Time.GetUtcNow() - started).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_token_that_expires_during_the_wait_is_replaced_before_the_call_is_repeated()
    {
        await using var world = await World.StartAsync();
        world.Server.BeforeApi = ScriptedServer.Times(1, ScriptedServer.Say(503, headers: ("Retry-After", "20")));
        world.Time.Advance(TimeSpan.FromSeconds(ScriptedServer.ExpiresIn * 0.79));
        world.Server.RefusedUpTo = 0;
        var call = world.GetAsync();
        await Eventually.Async(() => !world.Server.Calls.IsEmpty);
        world.ExpireToken();

        (await world.RunAsync(call)).StatusCode.ShouldBe(HttpStatusCode.OK);

        world.Server.Calls.ShouldBe(["Bearer at.1", "Bearer at.2"]);
    }
}
