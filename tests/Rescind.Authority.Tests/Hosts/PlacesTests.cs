using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Hosts;

/// <summary>
/// Where in an application our routes are found: under prefixes, groups and path bases, and in its API description.
/// </summary>
public sealed class PlacesTests
{
    private const string OAuthPath = "/.well-known/oauth-authorization-server";

    [Theory]
    [InlineData("", "http://127.0.0.1:7070", "", OAuthPath)]
    [InlineData("/auth", "http://127.0.0.1:7070/auth", "/auth", OAuthPath + "/auth")]
    [InlineData("", "http://127.0.0.1:7070/base", "/base", OAuthPath + "/base")]
    [InlineData("/auth", "http://127.0.0.1:7070/base/auth", "/base/auth", OAuthPath + "/base/auth")]
    public async Task Metadata_lie_where_the_issuer_says_also_behind_a_path_base(
        string prefix, string issuer, string under, string inserted)
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Prefix = prefix, Issuer = issuer,
            Pipeline = static app =>
            {
                app.UsePathBase("/base");
                app.UseRouting();
            },
        });

        foreach (var path in new[] { under + "/.well-known/openid-configuration", under + OAuthPath, inserted })
        {
            var answer = await host.CallAsync("GET", path);

            (answer.Status, answer["issuer"], answer["token_endpoint"])
                .ShouldBe((HttpStatusCode.OK, issuer, issuer + "/token"), path);
        }

        (await host.CallAsync("GET", OAuthPath + "/elsewhere"))["code"].ShouldBe("RSC1021");
        (await host.CallAsync("POST", under + "/token", form: "a=b"))["error"].ShouldNotBeNull();
    }

    [Fact]
    public async Task Behind_a_proxy_that_takes_the_path_away_our_routes_are_at_the_root_and_one_that_passes_it_on_finds_none()
    {
        await using var host = await HostApp.StartAsync(new() { Prefix = "", Issuer = "http://127.0.0.1:7070/auth" });

        (await host.CallAsync("GET", "/.well-known/openid-configuration"))["token_endpoint"]
            .ShouldBe("http://127.0.0.1:7070/auth/token");
        (await host.CallAsync("GET", OAuthPath + "/auth"))["issuer"].ShouldBe("http://127.0.0.1:7070/auth");
        (await host.CallAsync("POST", "/token", form: "a=b"))["error"].ShouldNotBeNull();
        (await host.CallAsync("POST", "/auth/token", form: "a=b")).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_group_of_the_application_holds_our_routes()
    {
        await using var host = await HostApp.StartAsync(new()
        {
            Issuer = "http://127.0.0.1:7070/api/auth", Routes = static app => app.MapGroup("/api"),
        });

        (await host.CallAsync("GET", "/api/auth/.well-known/openid-configuration"))["issuer"]
            .ShouldBe("http://127.0.0.1:7070/api/auth");
        (await host.CallAsync("GET", "/api/auth/openapi/v1.json")).Text.ShouldContain("/v1/revocations");
    }

    [Fact]
    public async Task In_a_group_the_issuer_has_to_be_told() =>
        (await Should.ThrowAsync<OptionsValidationException>(() => HostApp.StartAsync(new()
        {
            Issuer = "", Routes = static app => app.MapGroup("/api"),
        }))).Message.ShouldContain("RSC1022");

    [Fact]
    public async Task The_applications_API_description_leaves_our_routes_out_unless_it_asks_for_them()
    {
        await using var without = await HostApp.StartAsync(Describing());
        await using var with = await HostApp.StartAsync(
            Describing() with { Mapped = static routes => routes.IncludeInDescription() });

        var (silent, asked) = (await DescriptionAsync(without), await DescriptionAsync(with));

        silent.Select(static path => path.Key).ShouldBe(["/orders"]);
        ((string?)asked["/auth/token"]!["post"]!["summary"])
            .ShouldBe("Refreshes a session, or gives an API client a token (RFC 6749).");
    }

    [Fact]
    public async Task A_route_of_the_application_goes_before_our_description_and_health()
    {
        await using var host = await HostApp.StartAsync(Describing() with { Prefix = "", Issuer = "http://127.0.0.1:7070" });

        (await DescriptionAsync(host)).Select(static path => path.Key).ShouldContain("/orders");
        (await host.CallAsync("GET", "/health/ready")).Text.ShouldBe("Healthy");
        (await host.CallAsync("GET", "/health/live")).Text.ShouldBe("live");
    }

    private static async Task<JsonObject> DescriptionAsync(HostApp host) =>
        (await host.Http.GetFromJsonAsync<JsonObject>("/openapi/v1.json"))!["paths"]!.AsObject();

    private static HostSetup Describing() => new()
    {
        Builder = static builder => builder.Services.AddOpenApi().AddHealthChecks(),
        Pipeline = static app =>
        {
            app.MapOpenApi();
            app.MapHealthChecks("/health/ready");
            app.MapGet("/orders", static () => "orders");
        },
    };
}
