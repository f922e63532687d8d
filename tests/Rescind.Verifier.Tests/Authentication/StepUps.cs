using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>Routes that demand a recent or a strong login (RFC 9470), in every style of route that an app can have.</summary>
public sealed class StepUps
{
    private const string TooWeak =
        "Bearer error=\"insufficient_user_authentication\", error_description=\"The login does not suffice; log in again\"";

    private static readonly TimeSpan FiveMinutes = TimeSpan.FromMinutes(5);

    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("/recent", ", max_age=\"300\"")]
    [InlineData("/strong", ", acr_values=\"gold silver\"")]
    [InlineData("/both", ", max_age=\"300\", acr_values=\"gold silver\"")]
    [InlineData("/group/twice", ", max_age=\"60\", acr_values=\"silver platinum\"")]
    public async Task A_login_that_does_not_suffice_is_401_and_told_all_that_is_demanded(string path, string demanded)
    {
        await using var api = await StartAsync();

        using var answer = await api.GetAsync(_log.Mint(new { auth_time = Minting.Now - 1000, acr = "bronze" }), path);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldBe(TooWeak + demanded);
    }

    [Theory]
    [InlineData("/recent")]
    [InlineData("/strong")]
    [InlineData("/both")]
    [InlineData("/group/twice")]
    [InlineData("/orders")]
    public async Task A_login_that_suffices_passes(string path)
    {
        await using var api = await StartAsync();

        (await api.StatusAsync(_log.Mint(new { auth_time = Minting.Now - 20, acr = "silver" }), path))
            .ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_route_that_demands_nothing_takes_an_old_and_weak_login()
    {
        await using var api = await StartAsync();

        (await api.StatusAsync(_log.Mint(new { auth_time = Minting.Now - 1000 }))).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("/both", -10, "bronze")]
    [InlineData("/both", -1000, "gold")]
    [InlineData("/both", null, "gold")]
    [InlineData("/both", -10, null)]
    [InlineData("/both", -10, "GOLD")]
    public async Task Of_age_and_strength_each_must_suffice(string path, int? login, string? acr)
    {
        await using var api = await StartAsync();

        using var answer = await api.GetAsync(
            _log.Mint(new { auth_time = login is null ? null : Minting.Now + login, acr }), path);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Challenge().ShouldStartWith(TooWeak);
    }

    [Fact]
    public async Task What_is_demanded_is_told_to_nobody_whose_token_is_not_good()
    {
        await using var api = await StartAsync();
        var position = _log.End(Match.Token("dead"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var dead = await api.GetAsync(_log.Mint(new { jti = "dead", auth_time = Minting.Now - 1000 }), "/both");
        using var forged = await api.GetAsync(_log.Mint(new { auth_time = Minting.Now - 1000 }, key: new SigningKey()), "/both");
        using var none = await api.GetAsync(null, "/both");

        dead.ShouldBeDead();
        forged.ShouldBeDead();
        none.Challenge().ShouldBe("Bearer");
    }

    [Fact]
    public async Task A_replica_that_is_stale_says_unknown_before_it_looks_at_the_login()
    {
        await using var api = await StartAsync(TimeSpan.FromMilliseconds(500));
        _log.IsAway = true;
        await Eventually.Async(() => !api.Status.IsFresh);

        using var answer = await api.GetAsync(_log.Mint(new { auth_time = Minting.Now - 1000 }), "/both");

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task An_act_that_asks_for_a_new_login_names_what_the_route_demands_of_it_as_well()
    {
        await using var api = await StartAsync();
        var position = _log.Reauthenticate(Match.Subject("alice"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var answer = await api.GetAsync(_log.Mint(new { acr = "gold" }), "/both");

        answer.Challenge().ShouldMatch(TooWeak + ", max_age=\"[0-9]{1,2}\", acr_values=\"gold silver\"$");
    }

    [Theory]
    [InlineData("/policy")]
    [InlineData("/step-up-controller/recent")]
    [InlineData("/hub/negotiate?negotiateVersion=1")]
    public async Task Policies_controllers_and_hubs_are_held_to_it_too(string path)
    {
        await using var api = await StartAsync();
        using var old = await api.PostAsync(_log.Mint(new { auth_time = Minting.Now - 1000 }), path);
        using var recent = await api.PostAsync(_log.Mint(), path);

        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        old.Challenge().ShouldBe(TooWeak + ", max_age=\"300\"");
        recent.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_request_that_is_authenticated_before_it_is_routed_must_meet_what_any_route_demands()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Routes = static app =>
            {
                app.UseAuthentication();
                app.UseRouting();
                app.UseAuthorization();
                app.MapGet("/recent", static () => "in").RequireAuthorization().RequireStepUp(FiveMinutes);
            },
        });

        (await api.StatusAsync(_log.Mint(new { auth_time = Minting.Now - 1000 }), "/recent"))
            .ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_log.Mint(new { acr = "bronze" }), "/recent")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(_log.Mint(new { acr = "gold" }), "/recent")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(300, VerdictKind.Valid)]
    [InlineData(301, VerdictKind.Reauthenticate)]
    public async Task The_age_that_is_named_is_the_oldest_that_passes(int age, VerdictKind expected)
    {
        await using var api = await StartAsync();
        var now = Minting.Now;
        CompactJws.TryRead(_log.Mint(new { auth_time = now - age }), out var jws, out _).ShouldBeTrue();
        var replica = api.Services.GetRequiredService<SchemeVerifiers>().Only.Held;
        TokenFacts.TryCreate(jws!, replica.Replica.OwnIssuer!, null, out var facts, out _).ShouldBeTrue();

        var verdict = new Verifier.Authentication.StepUp([new(300)])
            .Judge(replica.Judge.Decide(facts!, FiveMinutes), facts!, now);

        verdict.Kind.ShouldBe(expected);
    }

    private Task<Api> StartAsync(TimeSpan? bound = null) => Api.StartAsync(new()
    {
        Feed = _log,
        Freshness = bound ?? TimeSpan.FromSeconds(2),
        Schemes = schemes => schemes.AddRescind(o => (o.Audience, o.MaxStaleness) = ("orders", bound ?? TimeSpan.FromSeconds(5))),
        Services = static services =>
        {
            services.AddSignalR();
            services.AddControllers().AddApplicationPart(typeof(StepUpController).Assembly);
            services.AddAuthorizationBuilder()
                .AddPolicy("bearer", static policy => policy.AddAuthenticationSchemes("Bearer").RequireClaim("role"));
        },
        Routes = Map,
    });

    private static void Map(WebApplication app)
    {
        app.MapGet("/recent", static () => "in").RequireAuthorization().RequireStepUp(maxAge: FiveMinutes);
        app.MapGet("/strong", static () => "in").RequireAuthorization().RequireStepUp(maxAge: null, "gold", "silver");
        app.MapGet("/both", static () => "in").RequireAuthorization().RequireStepUp(FiveMinutes, "gold", "silver");
        app.MapGroup("/group").RequireAuthorization().RequireStepUp(maxAge: TimeSpan.FromMinutes(1), "platinum", "silver")
            .MapGet("/twice", static () => "in").RequireStepUp(FiveMinutes, "gold", "silver", "platinum");
        app.MapPost("/policy", static () => "in").RequireAuthorization("bearer").RequireStepUp(FiveMinutes);
        app.MapHub<QuietHub>("/hub").RequireAuthorization().RequireStepUp(FiveMinutes);
        app.MapControllers();
    }

    private sealed class QuietHub : Hub;
}

[Authorize]
[Route("step-up-controller")]
[RequireStepUp(300)]
public sealed class StepUpController : ControllerBase
{
    [HttpPost("recent")]
    public IActionResult Recent() => Ok("in");
}
