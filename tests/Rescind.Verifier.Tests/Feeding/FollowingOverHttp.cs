using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Feeding;

/// <summary>A whole API and its Authority, each on its own server.</summary>
public sealed class FollowingOverHttp
{
    private readonly FakeLog _log = new();

    [Fact]
    public async Task A_revocation_reaches_an_api_that_knows_only_a_url()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        await using var api = await Api.StartAsync(Setup(authority.Url));
        (await api.StatusAsync(_log.Mint())).ShouldBe(HttpStatusCode.OK);

        _log.End(Match.Subject("alice"));

        await Eventually.Async(async () => await api.StatusAsync(_log.Mint(new { lpos = 0 })) is HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_log.Mint())).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_api_outlives_the_absence_of_its_authority()
    {
        string url;
        await using (var first = await FakeAuthority.StartAsync(_log))
        {
            url = first.Url;
        }

        await using var api = await Api.StartAsync(Setup(url) with { WaitUntilReady = false });
        using var away = await api.GetAsync(_log.Mint());
        away.ShouldBeUnknown();
        await Eventually.Async(() => Task.FromResult(api.Logs.GetSnapshot().Any(record => record.Id.Id == 3203)));

        await using var authority = await FakeAuthority.StartAsync(_log, url);

        await Eventually.Async(async () => await api.StatusAsync(_log.Mint()) is HttpStatusCode.OK);
        api.Status.LastError.ShouldBeNull();
    }

    [Fact]
    public async Task A_machine_whose_clock_is_too_far_behind_says_so_and_calls_every_token_unknown()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        authority.InsteadOfSnapshot = static context =>
        {
            context.Response.StatusCode = 409;
            return Task.CompletedTask;
        };
        await using var api = await Api.StartAsync(Setup(authority.Url) with { WaitUntilReady = false });

        await Eventually.Async(() => api.Status.LastError is not null);

        api.Status.LastError.ShouldStartWith("RSC3209");
        using var answer = await api.GetAsync(_log.Mint());
        answer.ShouldBeUnknown();
        authority.InsteadOfSnapshot = null;
        await Eventually.Async(async () => await api.StatusAsync(_log.Mint()) is HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_verifier_that_stops_says_goodbye()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        var api = await Api.StartAsync(Setup(authority.Url));

        await api.DisposeAsync();

        authority.Queries[^1].ShouldEndWith("&leaving=1");
    }

    [Fact]
    public async Task A_verifier_of_a_very_long_audience_has_as_much_of_it_for_a_name_as_the_feed_takes()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        var setup = Setup(authority.Url);
        setup.Configuration["Rescind:Audience"] = new('a', 1024);
        await using var api = await Api.StartAsync(setup);

        authority.Queries[^1].ShouldContain($"&verifier={new string('a', 256)}&");
    }

    [Fact]
    public async Task A_verifier_stops_although_its_authority_hangs()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        var api = await Api.StartAsync(Setup(authority.Url));
        authority.Instead = context => Task.Delay(Timeout.Infinite, context.RequestAborted);

        await api.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static ApiSetup Setup(string url) => new()
    {
        Schemes = static schemes => schemes.AddRescind(),
        Configuration = new()
        {
            ["Rescind:Authority"] = url,
            ["Rescind:Audience"] = "orders",
            ["Rescind:ClientId"] = "verifier",
            ["Rescind:ClientSecret"] = "se+cret",
        },
    };
}
