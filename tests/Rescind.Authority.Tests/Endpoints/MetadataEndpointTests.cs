using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>RFC 8414, OpenID Connect discovery and RFC 7517 over real HTTP.</summary>
public sealed class MetadataEndpointTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private readonly AuthorityHost _authority = shared.Host;

    [Theory]
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

        answer.Json.EnumerateObject().ShouldAllBe(member => member.Value.ValueKind != JsonValueKind.Array || member.Value.GetArrayLength() > 0);
        answer.Json.GetProperty("grant_types_supported").EnumerateArray().Select(one => one.GetString())
            .ShouldBe(["refresh_token", "client_credentials"]);
    }

    [Fact]
    public async Task No_URL_in_it_comes_from_the_Host_header()
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        request.Headers.Host = "localhost:1";
        (await _authority.SendAsync(request)).Text.ShouldNotContain("localhost");
    }

    [Fact]
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
            "/.well-known/oauth-authorization-server/auth", "/auth/.well-known/openid-configuration", "/auth/.well-known/oauth-authorization-server",
        })
        {
            var answer = await Answer.OfAsync(http.GetAsync(path, TestContext.Current.CancellationToken));
            (answer["issuer"], answer["token_endpoint"]).ShouldBe((AuthorityHost.Issuer + "/auth", AuthorityHost.Issuer + "/auth/token"));
        }

        foreach (var path in new[] { "/other", "/auth/more", "" })
        {
            var elsewhere = await http.GetAsync("/.well-known/oauth-authorization-server" + path, TestContext.Current.CancellationToken);
            elsewhere.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }

        await app.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_key_set_may_be_kept_for_five_minutes_and_is_not_sent_again_while_it_is_the_same()
    {
        var first = await _authority.GetAsync("/.well-known/jwks.json");
        first.Response.Content.Headers.ContentType!.MediaType.ShouldBe("application/jwk-set+json");
        (first.Response.Headers.CacheControl!.Public, first.Response.Headers.CacheControl.MaxAge).ShouldBe((true, TimeSpan.FromMinutes(5)));

        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.IfNoneMatch.Add(first.Response.Headers.ETag!);
        var second = await _authority.SendAsync(request);

        (second.Status, second.Text).ShouldBe((HttpStatusCode.NotModified, ""));
        second.Response.Headers.ETag.ShouldBe(first.Response.Headers.ETag);
    }

    [Theory]
    [InlineData("\"other\", {0}")]
    [InlineData("W/{0}")]
    [InlineData("*")]
    public async Task Every_form_of_If_None_Match_is_understood(string format)
    {
        var tag = (await _authority.GetAsync("/.well-known/jwks.json")).Response.Headers.ETag!.ToString();
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.TryAddWithoutValidation("If-None-Match", string.Format(System.Globalization.CultureInfo.InvariantCulture, format, tag));
        (await _authority.SendAsync(request)).Status.ShouldBe(HttpStatusCode.NotModified);
    }
}
