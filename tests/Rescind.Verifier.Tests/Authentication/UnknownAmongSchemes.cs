using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Authentication;

/// <summary>A token of which nobody can tell is 503, whatever the other schemes of the app would write.</summary>
public sealed class UnknownAmongSchemes
{
    private readonly FakeLog _log = new();

    [Theory]
    [InlineData("/both")]
    [InlineData("/turned")]
    [InlineData("/smart")]
    [InlineData("/results")]
    [InlineData("/challenged-at-once")]
    [InlineData("/admins")]
    [InlineData("/one-challenged-alone")]
    [InlineData("/pages-of-mvc/both")]
    [InlineData("/pages-of-mvc/turned")]
    [InlineData("/with-partner")]
    [InlineData("/partner-first")]
    public async Task An_unknown_is_503_and_no_way_to_the_login_page(string path)
    {
        await using var api = await StartAsync(static _ => { });

        using var answer = await SendAsync(api, path, _log.Mint(), path is "/admins" or "/one-challenged-alone" ? "bob" : null);

        await ShouldBeOursAsync(answer);
    }

    [Fact]
    public async Task A_default_challenge_of_another_scheme_is_none_for_an_unknown()
    {
        await using var api = await StartAsync(static _ => { }, static authentication =>
            (authentication.DefaultScheme, authentication.DefaultChallengeScheme) = ("Bearer", "Cookies"));

        using var unknown = await SendAsync(api, "/orders", _log.Mint());
        using var stranger = await SendAsync(api, "/orders", null);

        await ShouldBeOursAsync(unknown);
        stranger.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Pages_for_status_codes_do_not_replace_it()
    {
        await using var api = await StartAsync(static app => app.UseStatusCodePagesWithRedirects("/error?code={0}"));

        using var answer = await SendAsync(api, "/both", _log.Mint());

        await ShouldBeOursAsync(answer);
        answer.Headers.GetValues("X-App").ShouldBe(["kept"]);
    }

    [Theory]
    [InlineData("/pages-of-mvc/both", "/Account/Login")]
    [InlineData("/with-partner", "https://login.example/authorize")]
    public async Task A_stranger_is_still_shown_where_to_log_in(string path, string where)
    {
        await using var api = await StartAsync(static _ => { });

        using var answer = await SendAsync(api, path, null);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.ToString().ShouldContain(where);
    }

    [Fact]
    public async Task Another_scheme_that_lets_in_lets_in_and_its_own_routes_stay_its_own()
    {
        await using var api = await StartAsync(static _ => { });

        using var both = await SendAsync(api, "/both", _log.Mint(), "bob");
        using var pages = await SendAsync(api, "/pages", _log.Mint());
        using var nobody = await SendAsync(api, "/both", null);

        both.StatusCode.ShouldBe(HttpStatusCode.OK);
        pages.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        nobody.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    private Task<Api> StartAsync(Action<WebApplication> pipeline, Action<AuthenticationOptions>? defaults = null)
    {
        _log.IsAway = true;
        return Api.StartAsync(new()
        {
            Feed = _log,
            WaitUntilReady = false,
            Schemes = static schemes => schemes.AddRescind(static o => o.Audience = "orders").AddCookie("Cookies")
                .AddOpenIdConnect("Partner", static partner =>
                {
                    (partner.ClientId, partner.SignInScheme) = ("orders", "Cookies");
                    partner.Configuration = new()
                    {
                        Issuer = "https://login.example", AuthorizationEndpoint = "https://login.example/authorize",
                    };
                })
                .AddPolicyScheme("Smart", null, static smart =>
                {
                    smart.ForwardDefaultSelector = static _ => "Bearer";
                    smart.ForwardChallenge = "Cookies";
                }),
            Services = services =>
            {
                services.Configure<AuthenticationOptions>(defaults ?? (static _ => { }));
                services.AddControllers().AddApplicationPart(typeof(PagesOfMvcController).Assembly);
            },
            Routes = app =>
            {
                pipeline(app);
                app.Use(static (context, next) =>
                {
                    context.Response.Headers["X-App"] = "kept";
                    return next(context);
                });
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGet("/both", static () => "in").RequireAuthorization(Policy("Bearer", "Cookies"));
                app.MapGet("/turned", static () => "in").RequireAuthorization(Policy("Cookies", "Bearer"));
                app.MapGet("/with-partner", static () => "in").RequireAuthorization(Policy("Bearer", "Cookies", "Partner"));
                app.MapGet("/partner-first", static () => "in").RequireAuthorization(Policy("Partner", "Bearer"));
                app.MapControllers();
                app.MapGet("/smart", static () => "in").RequireAuthorization(Policy("Smart"));
                app.MapGet("/pages", static () => "in").RequireAuthorization(Policy("Cookies"));
                app.MapGet("/results", static async (HttpContext context) =>
                {
                    await context.AuthenticateAsync("Bearer");
                    return Results.Challenge(null, ["Cookies", "Bearer"]);
                });
                app.MapGet("/challenged-at-once", static () => Results.Challenge(null, ["Bearer"]));
                app.MapGet("/one-challenged-alone", static () => Results.Challenge(null, ["Cookies"]))
                    .RequireAuthorization(Policy("Bearer", "Cookies"));
                app.MapGet("/admins", static () => "in").RequireAuthorization(
                    new AuthorizationPolicyBuilder("Bearer", "Cookies").RequireRole("admin").Build());
                app.MapGet("/sign-in", static (string name) => Results.SignIn(
                    new(new ClaimsIdentity([new(ClaimTypes.Name, name)], "Cookies")), null, "Cookies"));
            },
        });
    }

    private static async Task<HttpResponseMessage> SendAsync(Api api, string path, string? token, string? user = null)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false })
        {
            BaseAddress = api.Http.BaseAddress,
        };
        if (user is not null)
        {
            using var signedIn = await http.GetAsync("/sign-in?name=" + user);
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        return await http.SendAsync(request);
    }

    private static async Task ShouldBeOursAsync(HttpResponseMessage answer)
    {
        answer.ShouldBeUnknown();
        answer.Headers.Location.ShouldBeNull();
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadAsStringAsync()).ShouldContain("RSC3015");
    }

    private static AuthorizationPolicy Policy(params string[] schemes) =>
        new AuthorizationPolicyBuilder(schemes).RequireAuthenticatedUser().Build();
}

/// <summary>Pages that a token or a cookie opens.</summary>
[Route("pages-of-mvc")]
public sealed class PagesOfMvcController : Controller
{
    [HttpGet("both")]
    [Authorize(AuthenticationSchemes = "Bearer,Cookies")]
    public IActionResult Both() => Content("in");

    [HttpGet("turned")]
    [Authorize(AuthenticationSchemes = "Cookies,Bearer")]
    public IActionResult Turned() => Content("in");
}
