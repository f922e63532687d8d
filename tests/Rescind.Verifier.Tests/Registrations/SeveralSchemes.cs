using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Registrations;

/// <summary>Two schemes over one Authority: each judges by its own options, whatever was registered after it.</summary>
public sealed class SeveralSchemes
{
    private readonly FakeLog _log = new();

    [Fact]
    public async Task Each_scheme_takes_the_tokens_of_its_own_audience_and_no_others()
    {
        await using var api = await StartAsync(static schemes => schemes
            .AddRescind("Admin", static v => v.Audience = "admin").AddRescind("Shop", static v => v.Audience = "shop"));
        var (admin, shop) = (_log.Mint(new { aud = "admin" }), _log.Mint(new { aud = "shop" }));

        (await api.StatusAsync(admin, "/admin")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(shop, "/admin")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(shop, "/shop")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(admin, "/shop")).ShouldBe(HttpStatusCode.Unauthorized);
        (await api.StatusAsync(admin, "/both")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(shop, "/both")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task They_share_one_replica_so_that_the_Authority_sees_one_verifier()
    {
        await using var api = await StartAsync(static schemes => schemes
            .AddRescind("Admin", static v => (v.Audience, v.MaxStaleness) = ("admin", TimeSpan.FromSeconds(3)))
            .AddRescind("Shop", static v => (v.Audience, v.MaxStaleness) = ("shop", TimeSpan.FromSeconds(20))));

        lock (_log.Polls)
        {
            _log.Polls.Select(static poll => poll.Follower!.Instance).Distinct().Count().ShouldBe(1);
        }

        // A receipt must not be certain before the last scheme is: the larger bound is the one to wait for.
        _log.LastPoll!.Follower!.Bound.ShouldBe(TimeSpan.FromSeconds(20));
        api.Status.Bound.ShouldBe(TimeSpan.FromSeconds(20));
        api.Services.GetRequiredKeyedService<VerifierStatus>("Admin").ShouldBeSameAs(api.Status);
    }

    [Fact]
    public async Task Each_scheme_has_its_own_bound()
    {
        await using var api = await StartAsync(static schemes => schemes
            .AddRescind("Admin", static v => (v.Audience, v.MaxStaleness) = ("admin", TimeSpan.FromMilliseconds(300)))
            .AddRescind("Shop", static v => (v.Audience, v.MaxStaleness) = ("shop", TimeSpan.FromSeconds(60))));
        _log.IsAway = true;
        await Eventually.Async(() => api.Status.Age > TimeSpan.FromMilliseconds(300));

        (await api.StatusAsync(_log.Mint(new { aud = "admin" }), "/admin")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(_log.Mint(new { aud = "shop" }), "/shop")).ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Each_scheme_explains_its_refusals_or_does_not(bool adminFirst)
    {
        await using var api = await StartAsync(schemes =>
        {
            if (adminFirst)
            {
                schemes.AddRescind("Admin", static v => (v.Audience, v.ExplainRefusals) = ("admin", true));
            }

            schemes.AddRescind("Shop", static v => v.Audience = "shop");
            if (!adminFirst)
            {
                schemes.AddRescind("Admin", static v => (v.Audience, v.ExplainRefusals) = ("admin", true));
            }
        });
        var position = _log.End(Match.Session("session-1"));
        await Eventually.Async(() => api.Status.Position >= position);

        (await ChallengeAsync(api, "admin")).ShouldContain("explanation=");
        (await ChallengeAsync(api, "shop")).ShouldNotContain("explanation=");
    }

    [Fact]
    public async Task The_order_of_registration_says_nothing_and_equal_settings_are_no_trouble()
    {
        await using var api = await StartAsync(static schemes => schemes
            .AddRescind("Shop", static v => v.Audience = "orders").AddRescind("Admin", static v => v.Audience = "orders"));

        (await api.StatusAsync(_log.Mint(), "/admin")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(_log.Mint(), "/shop")).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Configuration_has_a_section_for_all_schemes_and_one_for_each_and_code_wins()
    {
        await using var api = await Api.StartAsync(Setup(static schemes => schemes
            .AddRescind("Admin", static v => v.MaxStaleness = TimeSpan.FromSeconds(7)).AddRescind("Shop", static _ => { })) with
        {
            Configuration = new()
            {
                ["Rescind:Audience"] = "orders", ["Rescind:MaxStaleness"] = "00:00:04",
                ["Rescind:Schemes:Admin:Audience"] = "admin", ["Rescind:Schemes:Admin:MaxStaleness"] = "00:00:06",
                ["Rescind:Schemes:Admin:Connections:Cookie"] = "__Host-admin",
            },
        });
        var options = api.Services.GetRequiredService<IOptionsMonitor<VerifierOptions>>();
        var (admin, shop) = (options.Get("Admin"), options.Get("Shop"));

        (admin.Audience, shop.Audience).ShouldBe(("admin", "orders"));
        (admin.MaxStaleness, shop.MaxStaleness).ShouldBe((TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(4)));
        (admin.Connections.Cookie, shop.Connections.Cookie).ShouldBe(("__Host-admin", null));
        (await api.StatusAsync(_log.Mint(new { aud = "admin" }), "/admin")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(_log.Mint(new { aud = "orders" }), "/admin")).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task What_is_set_without_a_name_is_meant_for_all_schemes_and_a_later_one_wins()
    {
        await using var api = await Api.StartAsync(Setup(static schemes => schemes
            .AddRescind("Admin", static v => v.Audience = "admin").AddRescind("Shop", static v => v.Audience = "shop")) with
        {
            Services = static services =>
            {
                services.Configure<VerifierOptions>(static v => v.ExplainRefusals = true);
                services.Configure<VerifierOptions>("Shop", static v => v.ExplainRefusals = false);
                services.PostConfigure<VerifierOptions>(static v => v.MaxStaleness = TimeSpan.FromSeconds(9));
            },
        });
        var options = api.Services.GetRequiredService<IOptionsMonitor<VerifierOptions>>();

        (options.Get("Admin").ExplainRefusals, options.Get("Shop").ExplainRefusals).ShouldBe((true, false));
        options.Get("Admin").MaxStaleness.ShouldBe(TimeSpan.FromSeconds(9));
    }

    [Fact]
    public async Task One_scheme_that_asks_the_Authority_does_not_make_another_do_so()
    {
        await using var authority = await FakeAuthority.StartAsync(_log);
        await using var api = await Api.StartAsync(Setup(schemes => schemes
            .AddRescind("Admin", v =>
            {
                (v.Authority, v.ClientId, v.ClientSecret) = (authority.Url, "verifier", "se+cret");
                (v.Audience, v.WhenStale, v.MaxStaleness) = ("admin", StaleAction.Introspect, TimeSpan.FromMilliseconds(900));
            })
            .AddRescind("Shop", v =>
            {
                (v.Authority, v.ClientId, v.ClientSecret) = (authority.Url, "verifier", "se+cret");
                (v.Audience, v.MaxStaleness) = ("shop", TimeSpan.FromMilliseconds(900));
            })) with { Feed = null, Freshness = TimeSpan.FromMilliseconds(500) });
        _log.IsAway = true;
        await Eventually.Async(() => !api.Status.IsFresh);

        (await api.StatusAsync(_log.Mint(new { aud = "shop" }), "/shop")).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(_log.Mint(new { aud = "admin" }), "/admin")).ShouldBe(HttpStatusCode.OK);
        authority.Questions.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Each_ticket_route_keeps_its_own_policy_and_a_ticket_is_judged_by_the_route_that_it_opens()
    {
        await using var api = await Api.StartAsync(Setup(static schemes => schemes
            .AddRescind("Admin", static v => v.Audience = "admin").AddRescind("Shop", static v => v.Audience = "shop")) with
        {
            Routes = static app =>
            {
                app.MapConnectionTickets("/admin/tickets").RequireAuthorization(Of("Admin"));
                app.MapConnectionTickets("/shop/tickets").RequireAuthorization(Of("Shop"));
                app.MapConnectionTickets("/tickets").RequireHost("one.example").RequireAuthorization(Of("Admin"));
                app.MapConnectionTickets("/tickets").RequireHost("other.example").RequireAuthorization(Of("Shop"));
                app.Map("/admin", static () => "").RequireAuthorization(Of("Admin")).CloseOnRevocation();
                app.Map("/shop", static () => "").RequireAuthorization(Of("Shop")).CloseOnRevocation();
            },
        });
        var shop = _log.Mint(new { aud = "shop" });
        (await PostAsync(api, shop, "/admin/tickets")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        var (status, ticket) = await PostAsync(api, shop, "/shop/tickets");
        status.ShouldBe(HttpStatusCode.OK);
        var another = (await PostAsync(api, shop, "/shop/tickets")).Ticket;

        (await api.StatusAsync(null, "/shop?ticket=" + ticket)).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(null, "/admin?ticket=" + another)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_same_scheme_twice_does_not_start()
    {
        await using var app = Api.Build(Setup(static schemes => schemes
            .AddRescind(static v => v.Audience = "one").AddRescind(static v => v.Audience = "other")));

        (await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync())).Message
            .ShouldContain("Scheme already exists: Bearer");
    }

    [Fact]
    public async Task Revocation_twice_on_one_scheme_does_not_start()
    {
        await using var app = Api.Build(Setup(static schemes => schemes.AddJwtBearer().AddRevocation().AddRevocation()));

        (await Should.ThrowAsync<InvalidOperationException>(() => app.StartAsync())).Message.ShouldContain("RSC3007");
    }

    [Fact]
    public async Task An_invalid_setting_of_either_scheme_does_not_start()
    {
        await using var app = Api.Build(Setup(static schemes => schemes
            .AddRescind("Admin", static v => v.MaxStaleness = TimeSpan.FromHours(1)).AddRescind("Shop", static _ => { })));

        (await Should.ThrowAsync<OptionsValidationException>(() => app.StartAsync())).Message.ShouldMatch("RSC3006 .*Admin");
    }

    private static async Task<(HttpStatusCode Status, string? Ticket)> PostAsync(Api api, string token, string path)
    {
        using var answer = await api.PostAsync(token, path);
        return (answer.StatusCode, answer.IsSuccessStatusCode
            ? (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["ticket"] : null);
    }

    private static async Task<string> ChallengeAsync(Api api, string audience)
    {
        var log = (FakeLog)api.Services.GetRequiredService<IRevocationFeed>();
        using var answer = await api.GetAsync(log.Mint(new { aud = audience }), "/" + audience);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        return answer.Headers.WwwAuthenticate.ToString();
    }

    private Task<Api> StartAsync(Action<AuthenticationBuilder> schemes) => Api.StartAsync(Setup(schemes));

    private ApiSetup Setup(Action<AuthenticationBuilder> schemes) => new()
    {
        Feed = _log,
        Schemes = schemes,
        Routes = static app =>
        {
            app.MapGet("/admin", static () => "").RequireAuthorization(Of("Admin"));
            app.MapGet("/shop", static () => "").RequireAuthorization(Of("Shop"));
            app.MapGet("/both", static () => "").RequireAuthorization(Of("Admin", "Shop"));
        },
    };

    private static AuthorizeAttribute Of(params string[] schemes) => new() { AuthenticationSchemes = string.Join(',', schemes) };
}
