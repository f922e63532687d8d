using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Tests.Support;
using Rescind.Conformance.Support;

namespace Rescind.Conformance;

/// <summary>RFC 8414, and where OpenID Connect discovery looks, over real HTTP.</summary>
public sealed class Rfc8414(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Theory]
    [Proves("MD-1", "MD-2", "MD-4")]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/.well-known/oauth-authorization-server")]
    public async Task Discovery_names_every_endpoint_under_the_configured_issuer(string path)
    {
        var answer = await _authority.GetAsync(path);

        (answer.Status, answer["issuer"]).ShouldBe((HttpStatusCode.OK, AuthorityHost.Issuer));
        answer.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        foreach (var member in new[] { "token_endpoint", "revocation_endpoint", "introspection_endpoint", "jwks_uri" })
        {
            answer[member].ShouldNotBeNull().ShouldStartWith(AuthorityHost.Issuer + "/");
        }

        answer.Json.EnumerateObject()
            .ShouldAllBe(member => member.Value.ValueKind != JsonValueKind.Array || member.Value.GetArrayLength() > 0);
        answer.Json.GetProperty("grant_types_supported").EnumerateArray().Select(one => one.GetString())
            .ShouldBe(["refresh_token", "client_credentials"]);
    }

    [Fact]
    [Proves("MD-5")]
    public async Task Discovery_names_what_the_Authority_does_beyond_OAuth()
    {
        var answer = await _authority.GetAsync("/.well-known/openid-configuration");

        answer["global_token_revocation_endpoint"].ShouldBe(AuthorityHost.Issuer + "/global-token-revocation");
        answer.Json.GetProperty("backchannel_logout_supported").GetBoolean().ShouldBeTrue();
        answer.Json.GetProperty("backchannel_logout_session_supported").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    [Proves("MD-3")]
    public async Task No_URL_in_it_comes_from_the_Host_header()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        request.Headers.Host = "localhost:1";
        (await _authority.SendAsync(request)).Text.ShouldNotContain("localhost");
    }

    [Fact]
    [Proves("MD-1", "MD-3")]
    public async Task Under_a_path_discovery_is_found_where_both_standards_look()
    {
        using var folder = new TemporaryFolder();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRescindAuthority(options =>
            (options.Issuer, options.DataDirectory, options.Development) = (AuthorityHost.Issuer + "/auth", folder.Path, true));
        await using var app = builder.Build();
        app.MapRescind("/auth");
        await app.StartAsync(TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        foreach (var path in new[]
        {
            "/.well-known/oauth-authorization-server/auth", "/auth/.well-known/openid-configuration",
            "/auth/.well-known/oauth-authorization-server",
        })
        {
            var answer = await Answer.OfAsync(http.GetAsync(path, TestContext.Current.CancellationToken));
            (answer["issuer"], answer["token_endpoint"])
                .ShouldBe((AuthorityHost.Issuer + "/auth", AuthorityHost.Issuer + "/auth/token"));
        }

        foreach (var path in new[] { "/other", "/auth/more", "" })
        {
            var elsewhere = await http.GetAsync(
                "/.well-known/oauth-authorization-server" + path, TestContext.Current.CancellationToken);
            elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [Proves("MD-3")]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/.well-known/oauth-authorization-server")]
    public async Task The_issuer_is_the_very_URL_that_discovery_was_found_under(string path)
    {
        await using var authority = await AuthorityHost.StartAsync(url: FreeUrl.Next());
        (await authority.GetAsync(path))["issuer"].ShouldBe(authority.Http.BaseAddress!.ToString().TrimEnd('/'));
    }

    [Fact]
    [Proves("RT-14")]
    public async Task What_is_not_offered_is_not_announced()
    {
        var answer = await _authority.GetAsync("/.well-known/oauth-authorization-server");
        answer["authorization_endpoint"].ShouldBeNull();
        answer.Json.GetProperty("response_types_supported").EnumerateArray().Select(one => one.GetString()).ShouldBe(["none"]);
    }
}
