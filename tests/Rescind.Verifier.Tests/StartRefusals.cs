using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests;

/// <summary>What is not safe does not start, and says which key to set (style: secure or refuse to start).</summary>
public sealed class StartRefusals
{
    [Theory]
    [InlineData("RSC3001", "Rescind:Authority is not set", null)]
    [InlineData("RSC3002", "not an absolute https URL", "auth.example.com")]
    [InlineData("RSC3002", "not an absolute https URL", "https://user:word@auth.example.com")]
    [InlineData("RSC3002", "not an absolute https URL", "ftp://auth.example.com")]
    [InlineData("RSC3003", "plain http", "http://auth.example.com")]
    public async Task An_authority_that_cannot_be_asked_safely(string code, string sentence, string? authority) =>
        (await RefusalAsync(Setup(authority))).ShouldMatch($"{code} .*{sentence}");

    [Fact]
    public async Task Plain_http_on_loopback_outside_of_development() =>
        (await RefusalAsync(Setup("http://127.0.0.1:7070") with { Environment = "Production" })).ShouldContain("RSC3003");

    [Theory]
    [InlineData("Rescind:ClientId", "RSC3005")]
    [InlineData("Rescind:ClientSecret", "RSC3005")]
    [InlineData("Rescind:Audience", "RSC3004")]
    public async Task A_key_that_is_missing(string key, string code)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration.Remove(key);

        (await RefusalAsync(setup)).ShouldMatch($"{code} .*{key}");
    }

    [Theory]
    [InlineData("00:00:00")]
    [InlineData("00:00:00.001")]
    [InlineData("00:01:01")]
    [InlineData("-00:00:01")]
    public async Task A_bound_that_is_out_of_range(string bound)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration["Rescind:MaxStaleness"] = bound;

        (await RefusalAsync(setup)).ShouldContain("RSC3006");
    }

    [Theory]
    [InlineData("Name")]
    [InlineData("Instance")]
    public async Task A_name_that_the_feed_would_not_take(string key)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration["Rescind:" + key] = new('n', 257);

        (await RefusalAsync(setup)).ShouldContain("RSC3018");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1000001")]
    public async Task More_remembered_tokens_than_memory_is_meant_for(string count)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration["Rescind:VerifiedTokens"] = count;

        (await RefusalAsync(setup)).ShouldContain("RSC3019");
    }

    [Fact]
    public async Task Revocation_without_a_scheme_directly_before_it()
    {
        (await RefusalAsync(In(static schemes => schemes.AddRevocation()))).ShouldContain("RSC3007");
        (await RefusalAsync(In(static schemes => schemes.AddJwtBearer().AddCookie().AddRevocation()))).ShouldContain("RSC3007");
    }

    [Fact]
    public async Task Validators_that_go_round_the_strict_reader() => (await RefusalAsync(In(static schemes =>
        schemes.AddJwtBearer(static jwt => jwt.UseSecurityTokenValidators = true).AddRevocation()))).ShouldContain("RSC3008");

    [Fact]
    public async Task A_route_that_demands_less_than_the_bound_gives() => (await RefusalAsync(new()
    {
        Feed = new FakeLog(),
        Routes = static app => app.MapGet("/lax", static () => "").RequireFreshness(TimeSpan.FromSeconds(6)),
    })).ShouldMatch("RSC3009 .*/lax");

    [Fact]
    public async Task Introspection_where_nobody_can_be_asked()
    {
        (await RefusalAsync(In(static schemes => schemes.AddRescind(static o => o.WhenStale = StaleAction.Introspect))))
            .ShouldContain("RSC3010");
        (await RefusalAsync(With(static app =>
            app.MapGet("/sure", static () => "").RequireAuthorization().RequireIntrospection())))
            .ShouldMatch("RSC3010 .*/sure");
        (await RefusalAsync(With(static app => app.MapGet("/fresh", static () => "").RequireAuthorization()
            .RequireFreshness(TimeSpan.FromSeconds(1), StaleAction.Introspect)))).ShouldMatch("RSC3010 .*/fresh");
    }

    [Theory]
    [InlineData("ClientId")]
    [InlineData("ClientSecret")]
    public async Task Introspection_without_credentials(string key)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration["Rescind:WhenStale"] = "Introspect";
        setup.Configuration.Remove("Rescind:" + key);

        (await RefusalAsync(setup)).ShouldMatch($"RSC3005 .*{key}");
    }

    [Fact]
    public async Task A_route_that_demands_a_login_and_lets_anybody_in()
    {
        (await RefusalAsync(With(static app => app.MapGet("/open-door", static () => "").RequireStepUp(TimeSpan.FromMinutes(5)))))
            .ShouldMatch("RSC3011 .*/open-door");
        (await RefusalAsync(With(static app => app.MapGet("/open-door", static () => "").RequireAuthorization().AllowAnonymous()
            .RequireStepUp(TimeSpan.FromMinutes(5))))).ShouldMatch("RSC3011 .*/open-door");
    }

    [Fact]
    public async Task A_route_that_is_watched_and_lets_anybody_in()
    {
        (await RefusalAsync(With(static app => app.MapGet("/open-door", static () => "").CloseOnRevocation())))
            .ShouldMatch("RSC3402 .*/open-door");
        (await RefusalAsync(With(static app => app.MapGet("/open-door", static () => "").RequireAuthorization().AllowAnonymous()
            .CloseOnRevocation()))).ShouldMatch("RSC3402 .*/open-door");
    }

    [Theory]
    [InlineData("/tickets")]
    [InlineData("Tickets/")]
    public async Task Two_ticket_routes_under_one_path(string again) => (await RefusalAsync(With(app =>
    {
        app.MapConnectionTickets("/tickets");
        app.MapGroup("").MapConnectionTickets(again);
    }))).ShouldMatch("(?i)RSC3405 .*tickets");

    [Fact]
    public void A_watch_around_nothing()
    {
        var conventions = new Conventions();
        conventions.CloseOnRevocation();

        Should.Throw<InvalidOperationException>(() =>
            conventions.All[0](new RouteEndpointBuilder(null, RoutePatternFactory.Parse("/"), 0)))
            .Message.ShouldContain("RSC3404");
    }

    [Theory]
    [InlineData("RenewalMargin", "00:00:00")]
    [InlineData("StalePatience", "00:05:01")]
    [InlineData("CloseTimeout", "-00:00:01")]
    [InlineData("CloseSpread", "-00:00:01")]
    [InlineData("MaxBacklogMessages", "0")]
    [InlineData("MaxBacklogMessages", "100001")]
    [InlineData("MaxBacklogBytes", "-1")]
    [InlineData("MaxBacklogBytes", "67108865")]
    public async Task A_limit_of_live_connections_that_is_out_of_range(string limit, string length)
    {
        var setup = Setup("https://auth.example.com");
        setup.Configuration["Rescind:Connections:" + limit] = length;

        (await RefusalAsync(setup)).ShouldMatch("RSC3401 .*Rescind:Connections:" + limit);
    }

    [Fact]
    public void A_step_up_that_demands_nothing_or_cannot_be_told()
    {
        Should.Throw<ArgumentException>(() => new RequireStepUpAttribute());
        Should.Throw<ArgumentException>(() => new RequireStepUpAttribute(0));
        Should.Throw<ArgumentException>(() => new RequireStepUpAttribute("two words"));
        Should.Throw<ArgumentException>(() => new RequireStepUpAttribute(300, "a\"quote"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.001)]
    [InlineData(61)]
    [InlineData(double.NaN)]
    public void A_freshness_that_nobody_can_give(double seconds) =>
        Should.Throw<ArgumentOutOfRangeException>(() => new RequireFreshnessAttribute(seconds));

    private static ApiSetup In(Action<AuthenticationBuilder> schemes) => new() { Feed = new FakeLog(), Schemes = schemes };

    private static ApiSetup With(Action<WebApplication> routes) => new() { Feed = new FakeLog(), Routes = routes };

    private static ApiSetup Setup(string? authority) => new()
    {
        Schemes = static schemes => schemes.AddRescind(),
        Configuration = new()
        {
            ["Rescind:Authority"] = authority,
            ["Rescind:Audience"] = "orders",
            ["Rescind:ClientId"] = "orders",
            ["Rescind:ClientSecret"] = "word",
        },
    };

    private static async Task<string> RefusalAsync(ApiSetup setup)
    {
        await using var app = Api.Build(setup);
        var refusal = await Should.ThrowAsync<Exception>(() => app.StartAsync());
        refusal.Message.ShouldNotContain("word", Case.Sensitive);
        refusal.Message.ShouldContain("docs/errors/RSC");
        return refusal.Message;
    }

    private sealed class Conventions : IEndpointConventionBuilder
    {
        public List<Action<EndpointBuilder>> All { get; } = [];

        public void Add(Action<EndpointBuilder> convention) => All.Add(convention);
    }
}
