using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>What cannot be decided is 503 and Retry-After, never 401 (BT-9, T-57, T-58).</summary>
public sealed class UnknownTokens
{
    private readonly FakeLog _log = new();

    [Fact]
    public async Task A_replica_that_is_not_ready_is_unknown_even_for_a_good_token()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new() { Feed = _log, WaitUntilReady = false });

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeUnknown();
        (await api.StatusAsync(null, "/open")).ShouldBe(HttpStatusCode.OK);
        (await api.StatusAsync(null)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_authority_that_is_away_at_the_start_is_met_as_soon_as_it_comes()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new() { Feed = _log, WaitUntilReady = false });
        (await api.StatusAsync(_log.Mint())).ShouldBe(HttpStatusCode.ServiceUnavailable);

        _log.IsAway = false;

        await Eventually.Async(async () => await api.StatusAsync(_log.Mint()) is HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_stale_replica_turns_good_tokens_to_503_and_leaves_dead_ones_401_and_recovers()
    {
        await using var api = await WithBoundAsync(TimeSpan.FromMilliseconds(600));
        var (good, dead) = (_log.Mint(), _log.Mint(new { jti = "dead" }));
        var position = _log.End(Match.Token("dead"));
        await Eventually.Async(() => api.Status.Position >= position);
        (await api.StatusAsync(good)).ShouldBe(HttpStatusCode.OK);

        _log.IsAway = true;
        await Eventually.Async(() => !api.Status.IsFresh);

        using var unknown = await api.GetAsync(good);
        using var refused = await api.GetAsync(dead);
        unknown.ShouldBeUnknown();
        refused.ShouldBeDead();
        _log.IsAway = false;
        await Eventually.Async(async () => await api.StatusAsync(good) is HttpStatusCode.OK);
    }

    [Fact]
    public async Task While_the_authority_comes_and_goes_a_good_token_is_never_401()
    {
        await using var api = await WithBoundAsync(TimeSpan.FromMilliseconds(300));
        var seen = new HashSet<HttpStatusCode>();

        for (var i = 0; i < 6; i++)
        {
            _log.IsAway = i % 2 == 0;
            var wanted = _log.IsAway ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK;
            await Eventually.Async(async () =>
            {
                var status = await api.StatusAsync(_log.Mint());
                seen.Add(status);
                return status == wanted;
            });
        }

        seen.ShouldBe([HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable], ignoreOrder: true);
    }

    [Fact]
    public async Task A_key_that_this_replica_may_not_have_heard_of_is_unknown()
    {
        await using var api = await Api.StartAsync(_log);

        // Its lpos says that it was minted under a later head than the one known here.
        using var answer = await api.GetAsync(_log.Mint(new { lpos = _log.Head.Position.Value + 1 }, key: new SigningKey()));

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task An_issuer_that_is_not_registered_is_unknown_where_several_may_come()
    {
        await using var api = await Api.StartAsync(_log, static schemes =>
            schemes.AddJwtBearer(static jwt => jwt.Audience = "orders").AddRevocation());

        using var answer = await api.GetAsync(_log.Mint(new { iss = "https://elsewhere.test" }));

        answer.ShouldBeUnknown();
    }

    [Theory]
    [InlineData("named", HttpStatusCode.ServiceUnavailable)]
    [InlineData("another named", HttpStatusCode.Unauthorized)]
    [InlineData("accepted by the app", HttpStatusCode.ServiceUnavailable)]
    [InlineData("refused by the app", HttpStatusCode.Unauthorized)]
    [InlineData("refused by the app with an error of its own", HttpStatusCode.Unauthorized)]
    [InlineData("not validated", HttpStatusCode.ServiceUnavailable)]
    [InlineData("metadata that names it", HttpStatusCode.ServiceUnavailable)]
    [InlineData("metadata that names another", HttpStatusCode.Unauthorized)]
    [InlineData("metadata that cannot be fetched", HttpStatusCode.ServiceUnavailable)]
    public async Task An_issuer_that_is_not_registered_is_unknown_only_where_the_scheme_expects_it(
        string expects, HttpStatusCode status)
    {
        await using var api = await Api.StartAsync(_log, schemes => schemes.AddJwtBearer(jwt =>
        {
            jwt.Audience = "orders";
            Expect(expects, jwt);
        }).AddRevocation());

        using var answer = await api.GetAsync(_log.Mint(new { iss = "https://elsewhere.test" }));

        answer.StatusCode.ShouldBe(status);
    }

    [Theory]
    [InlineData("refused by the app", HttpStatusCode.Unauthorized)]
    [InlineData("accepted by the app", HttpStatusCode.ServiceUnavailable)]
    public async Task A_registered_issuer_is_unknown_for_want_of_its_key_only_where_the_scheme_expects_it(
        string expects, HttpStatusCode status)
    {
        _log.Register(new()
        {
            Issuer = "https://elsewhere.test", Types = ["at+jwt"], Algorithms = ["ES256"], Limits = new(3600, 86400, 5, 30),
        });
        await using var api = await Api.StartAsync(_log, schemes => schemes.AddJwtBearer(jwt =>
        {
            jwt.Audience = "orders";
            Expect(expects, jwt);
            jwt.ConfigurationManager = new Unreachable();
        }).AddRevocation());

        using var answer = await api.GetAsync(_log.Mint(new { iss = "https://elsewhere.test" }));

        answer.StatusCode.ShouldBe(status);
    }

    private sealed class Unreachable : IConfigurationManager<OpenIdConnectConfiguration>
    {
        public Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
            throw new HttpRequestException("It is away.");

        public void RequestRefresh()
        {
        }
    }

    private static void Expect(string expects, JwtBearerOptions jwt)
    {
        var parameters = jwt.TokenValidationParameters;
        parameters.ValidateIssuer = expects != "not validated";
        parameters.ValidIssuer = expects switch
        {
            "named" => "https://elsewhere.test",
            "another named" or "not validated" => "https://elsewhere.test/",
            _ => null,
        };
        parameters.IssuerValidator = expects switch
        {
            "accepted by the app" => static (issuer, _, _) => issuer,
            "refused by the app" => static (_, _, _) => throw new SecurityTokenInvalidIssuerException(),
            "refused by the app with an error of its own" => static (_, _, _) => throw new FormatException(),
            _ => null,
        };
        jwt.ConfigurationManager = expects switch
        {
            "metadata that names it" =>
                new StaticConfigurationManager<OpenIdConnectConfiguration>(new() { Issuer = "https://elsewhere.test" }),
            "metadata that names another" =>
                new StaticConfigurationManager<OpenIdConnectConfiguration>(new() { Issuer = "https://other.test" }),
            "metadata that cannot be fetched" => new ConfigurationManager<OpenIdConnectConfiguration>(
                "http://127.0.0.1:1/",
                new OpenIdConnectConfigurationRetriever(),
                new HttpDocumentRetriever { RequireHttps = false }),
            _ => null,
        };
    }

    [Theory]
    [InlineData("first", "second")]
    [InlineData("second", "first")]
    public async Task Of_several_schemes_one_unknown_is_enough_for_503(string one, string other)
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            WaitUntilReady = false,
            Schemes = static schemes =>
                schemes.AddRescind("first", static o => o.Audience = "orders").AddJwtBearer("second", static _ => { }),
            Routes = app => app.MapGet("/both", () => "in").RequireAuthorization(Policy(one, other)),
        });

        using var answer = await api.GetAsync(_log.Mint(), "/both");

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task An_app_that_writes_its_own_401_does_not_write_it_for_an_unknown()
    {
        _log.IsAway = true;
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            WaitUntilReady = false,
            Schemes = static schemes => schemes.AddJwtBearer(static jwt => jwt.Events = new()
            {
                OnAuthenticationFailed = static context =>
                {
                    context.NoResult();
                    return Task.CompletedTask;
                },
                OnChallenge = static context =>
                {
                    context.HandleResponse();
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return Task.CompletedTask;
                },
            }).AddRevocation(),
        });

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeUnknown();
    }

    [Fact]
    public async Task A_route_that_demands_freshness_refuses_while_others_go_on()
    {
        await using var api = await WithBoundAsync(TimeSpan.FromSeconds(60));
        var token = _log.Mint();
        (await api.TransferAsync(token)).ShouldBe(HttpStatusCode.OK);

        _log.IsAway = true;
        await Eventually.Async(() => api.Status.Age > TimeSpan.FromSeconds(2));

        (await api.TransferAsync(token)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await api.StatusAsync(token)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Polls_are_held_for_at_most_half_of_the_smallest_freshness_and_a_third_of_the_bound()
    {
        await using var api = await Api.StartAsync(_log);
        await Eventually.Async(() => _log.Polls.Count > 2);

        lock (_log.Polls)
        {
            _log.Polls.Max(poll => poll.Wait).ShouldBe(TimeSpan.FromSeconds(1));
            _log.Polls.ShouldAllBe(poll => poll.Follower!.Name == "orders" && poll.Follower.Bound == TimeSpan.FromSeconds(5));
        }
    }

    private Task<Api> WithBoundAsync(TimeSpan bound) => Api.StartAsync(new()
    {
        Feed = _log,
        Freshness = bound < TimeSpan.FromSeconds(2) ? bound : TimeSpan.FromSeconds(2),
        Schemes = schemes => schemes.AddRescind(options => (options.Audience, options.MaxStaleness) = ("orders", bound)),
    });

    private static AuthorizationPolicy Policy(params string[] schemes) =>
        new AuthorizationPolicyBuilder(schemes).RequireAuthenticatedUser().Build();
}
