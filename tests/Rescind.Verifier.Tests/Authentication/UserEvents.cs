using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>The app's own scheme, options and events stay in force; none of them can turn a dead token valid.</summary>
public sealed class UserEvents
{
    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("object")]
    [InlineData("type")]
    public async Task Events_of_the_app_are_still_asked(string how)
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = schemes => schemes.AddJwtBearer(jwt =>
            {
                Own(jwt);
                _ = how == "object" ? jwt.Events = new NamingEvents() : (object)(jwt.EventsType = typeof(NamingEvents));
            }).AddRevocation(),
            Services = static services => services.AddScoped<NamingEvents>(),
        });

        using var answer = await api.GetAsync(_log.Mint());
        using var refused = await api.GetAsync("garbage");

        (await answer.Content.ReadAsStringAsync()).ShouldBe("named by the app");
        refused.Headers.GetValues("App").ShouldBe(["challenged"]);
        refused.ShouldBeDead();
    }

    [Fact]
    public async Task A_yes_of_the_app_to_a_revoked_token_stays_no()
    {
        await using var api = await StartAsync(new() { OnTokenValidated = Yes, OnAuthenticationFailed = Yes });
        var position = _log.End(Match.Token("token-1"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var answer = await api.GetAsync(_log.Mint());
        using var garbage = await api.GetAsync("garbage");

        answer.ShouldBeDead();
        garbage.ShouldBeDead();
    }

    [Fact]
    public async Task A_yes_of_the_app_without_any_token_stays_no()
    {
        await using var api = await StartAsync(new() { OnMessageReceived = Yes });

        (await api.StatusAsync(null)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_no_of_the_app_to_a_good_token_stays_no()
    {
        await using var api = await StartAsync(new()
        {
            OnTokenValidated = static context =>
            {
                context.Fail("not today");
                return Task.CompletedTask;
            },
        });

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task A_revocation_that_arrives_while_the_handler_of_the_app_waits_still_counts()
    {
        Api? started = null;
        await using var api = await StartAsync(new()
        {
            OnTokenValidated = async _ =>
            {
                var position = _log.End(Match.Token("token-1"));
                await Eventually.Async(() => started!.Status.Position >= position);
            },
        });
        started = api;

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task The_token_is_judged_wherever_the_app_finds_it()
    {
        await using var api = await StartAsync(new()
        {
            OnMessageReceived = static context =>
            {
                context.Token = context.Request.Query["access_token"];
                return Task.CompletedTask;
            },
        });
        var position = _log.End(Match.Token("dead"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var dead = await api.GetAsync(null, "/orders?access_token=" + _log.Mint(new { jti = "dead" }));
        using var padded = await api.GetAsync(null, "/orders?access_token=" + _log.Mint() + "==");

        (await api.StatusAsync(null, "/orders?access_token=" + _log.Mint())).ShouldBe(HttpStatusCode.OK);
        dead.ShouldBeDead();
        padded.ShouldBeDead();
    }

    [Fact]
    public async Task A_custom_scheme_behind_a_policy_scheme_judges_too()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Schemes = static schemes => schemes
                .AddPolicyScheme("any", null, static policy => policy.ForwardDefaultSelector = static _ => "tokens")
                .AddJwtBearer("tokens", Own).AddRevocation()
                .AddCookie("cookies"),
            Services = static services =>
                services.Configure<AuthenticationOptions>(static options => options.DefaultScheme = "any"),
        });
        (await api.StatusAsync(_log.Mint())).ShouldBe(HttpStatusCode.OK);
        var position = _log.End(Match.Session("session-1"));
        await Eventually.Async(() => api.Status.Position >= position);

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task A_scheme_of_another_issuer_does_not_take_our_tokens()
    {
        await using var api = await StartAsync(
            new(), static jwt => jwt.TokenValidationParameters.ValidIssuer = "https://elsewhere.test");

        using var answer = await api.GetAsync(_log.Mint());

        answer.ShouldBeDead();
    }

    [Fact]
    public async Task The_app_can_read_verdict_and_explanation_of_a_genuine_token()
    {
        await using var api = await Api.StartAsync(new()
        {
            Feed = _log,
            Routes = static app => app.MapGet("/why", static (HttpContext context) =>
                context.Features.Get<IVerdictFeature>() is { } found
                    ? $"{found.Verdict.Kind} {found.Facts.TokenId} {found.RevocationId}"
                    : "nothing"),
        });
        var position = _log.End(Match.Token("token-1"));
        await Eventually.Async(() => api.Status.Position >= position);

        (await ReadAsync(api, _log.Mint())).ShouldBe($"Revoked token-1 {position.ToRevocationId()}");
        (await ReadAsync(api, _log.Mint(new { jti = "token-2" }))).ShouldBe("Valid token-2 ");
        (await ReadAsync(api, new SigningKey().Sign("{}", "{}"))).ShouldBe("nothing");

        static async Task<string> ReadAsync(Api api, string token)
        {
            using var answer = await api.GetAsync(token, "/why");
            return await answer.Content.ReadAsStringAsync();
        }
    }

    private Task<Api> StartAsync(JwtBearerEvents events, Action<JwtBearerOptions>? more = null) => Api.StartAsync(_log, schemes =>
        schemes.AddJwtBearer(jwt =>
        {
            Own(jwt);
            jwt.Events = events;
            more?.Invoke(jwt);
        }).AddRevocation());

    private static void Own(JwtBearerOptions jwt)
    {
        jwt.Audience = "orders";
        jwt.TokenValidationParameters.ValidIssuer = FakeLog.Issuer;
    }

    private static Task Yes(ResultContext<JwtBearerOptions> context)
    {
        context.Principal = new(new ClaimsIdentity([new("name", "mallory")], "app"));
        context.Success();
        return Task.CompletedTask;
    }

    private sealed class NamingEvents : JwtBearerEvents
    {
        public override Task TokenValidated(TokenValidatedContext context)
        {
            context.Principal = new(new ClaimsIdentity([new(ClaimTypes.Name, "named by the app")], "app"));
            return Task.CompletedTask;
        }

        public override Task Challenge(JwtBearerChallengeContext context)
        {
            context.Response.Headers["App"] = "challenged";
            return Task.CompletedTask;
        }
    }
}
