using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Hosts;

/// <summary>
/// An application that demands a login everywhere has our routes judged by our own rules, and what it demands of them
/// on purpose holds.
/// </summary>
public sealed class AuthorizationTests
{
    private static readonly (string Method, string Path)[] Open =
    [
        ("GET", "/auth/.well-known/openid-configuration"), ("GET", "/auth/.well-known/oauth-authorization-server"),
        ("GET", "/.well-known/oauth-authorization-server/auth"), ("GET", "/auth/.well-known/jwks.json"),
        ("GET", "/auth/openapi/v1.json"), ("GET", "/auth/health/live"), ("GET", "/auth/health/ready"), ("OPTIONS", "/auth/token"),
        ("OPTIONS", "/auth/revoke"), ("OPTIONS", "/auth/me/sessions"),
    ];

    private static readonly (string Method, string Path)[] Guarded =
    [
        ("POST", "/auth/token"), ("POST", "/auth/revoke"), ("POST", "/auth/introspect"), ("POST", "/auth/backchannel-logout"),
        ("POST", "/auth/global-token-revocation"), ("GET", "/auth/v1/feed"), ("GET", "/auth/v1/feed/snapshot"),
        ("GET", "/auth/v1/sessions"), ("POST", "/auth/v1/revocations"), ("GET", "/auth/me/sessions"), ("POST", "/auth/me/logout"),
        ("POST", "/auth/browser/refresh"), ("POST", "/auth/browser/logout"),
    ];

    [Fact]
    public async Task A_fallback_policy_of_the_application_does_not_reach_our_routes()
    {
        await using var host = await HostApp.StartAsync(WithLoginEverywhere());

        (await host.CallAsync("GET", "/orders")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        foreach (var (method, path) in Open)
        {
            ((int)(await host.CallAsync(method, path)).Status).ShouldBeInRange(200, 299, path);
        }

        foreach (var (method, path) in Guarded)
        {
            ShouldBeOurs(await host.CallAsync(method, path, form: method == "POST" ? "a=b" : null), path);
        }
    }

    [Fact]
    public async Task Behind_a_fallback_policy_clients_get_tokens_and_verifiers_the_feed()
    {
        await using var host = await HostApp.StartAsync(WithLoginEverywhere());
        var bearer = await host.BearerAsync("feed");

        (await host.CallAsync("GET", "/auth/v1/feed/snapshot", bearer)).Status.ShouldBe(HttpStatusCode.OK);
        (await host.CallAsync("POST", "/auth/token", form: "grant_type=client_credentials&client_id=x&client_secret=y"))
            .ShouldBeOAuthError(HttpStatusCode.BadRequest, "invalid_client");
    }

    [Fact]
    public async Task What_the_application_demands_around_our_routes_holds_on_every_one_of_them()
    {
        await using var host = await HostApp.StartAsync(WithLoginEverywhere() with
        {
            Mapped = static routes => routes.RequireAuthorization("ops"),
        });

        foreach (var (method, path) in Open.Concat(Guarded))
        {
            var answer = await host.CallAsync(method, path);

            (answer.Status, answer.Text).ShouldBe((HttpStatusCode.Unauthorized, ""), path);
        }
    }

    [Fact]
    public async Task What_a_group_demands_around_our_routes_holds()
    {
        await using var host = await HostApp.StartAsync(WithLoginEverywhere() with
        {
            Issuer = "http://127.0.0.1:7070/api/auth", Routes = static app => app.MapGroup("/api").RequireAuthorization("ops"),
        });

        (await host.CallAsync("GET", "/api/auth/.well-known/jwks.json")).Status.ShouldBe(HttpStatusCode.Unauthorized);
        (await host.CallAsync("POST", "/api/auth/token", form: "a=b")).Text.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_application_without_authorization_serves_our_routes()
    {
        await using var host = await HostApp.StartAsync(new());

        (await host.CallAsync("GET", "/auth/.well-known/jwks.json")).Status.ShouldBe(HttpStatusCode.OK);
        ShouldBeOurs(await host.CallAsync("GET", "/auth/v1/feed"), "feed");
    }

    private static HostSetup WithLoginEverywhere() => new()
    {
        Builder = static builder =>
        {
            builder.Services.AddAuthentication("Cookies").AddCookie("Cookies", static cookies =>
                cookies.Events.OnRedirectToLogin = static context =>
                {
                    context.Response.StatusCode = 401;
                    return Task.CompletedTask;
                });
            builder.Services.AddAuthorizationBuilder()
                .SetFallbackPolicy(
                    new Microsoft.AspNetCore.Authorization.AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build())
                .AddPolicy("ops", static policy => policy.RequireAuthenticatedUser().RequireRole("ops"));
        },
        Pipeline = static app => app.MapGet("/orders", static () => "orders"),
    };

    // A refusal of our own says which one it is; the application's does not.
    private static void ShouldBeOurs(Answer answer, string path)
    {
        ((int)answer.Status).ShouldBeInRange(400, 499, path);
        (answer["code"] ?? answer["error"]).ShouldNotBeNull(path);
    }
}
