using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Tests.Support;

namespace Rescind.Authority.Tests.Endpoints;

/// <summary>
/// A development server must be called from its own machine: not the reverse proxy beside it, and no page by DNS rebinding.
/// </summary>
public sealed class DevelopmentGuardTests(SharedAuthority shared) : IClassFixture<SharedAuthority>
{
    private static readonly string[] Paths =
        ["/health/live", "/token", "/v1/clients", "/me/sessions", "/.well-known/jwks.json", "/openapi/v1.json",
            "/nowhere", "/v1/keys/rotate"];

    [Theory]
    [InlineData("Forwarded", "for=203.0.113.7;proto=https")]
    [InlineData("forwarded", "")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Proto", "https")]
    [InlineData("X-Forwarded-Host", "auth.example")]
    [InlineData("x-forwarded-anything", "x")]
    [InlineData("Via", "1.1 proxy")]
    public async Task What_was_forwarded_is_refused_on_every_route(string name, string value)
    {
        foreach (var path in Paths)
        {
            var answer = await CallAsync(path, request => request.Headers.TryAddWithoutValidation(name, value));

            ShouldBeMisdirected(answer);
        }
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("auth.example:7070")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("127.0.0.1.nip.io:7070")]
    [InlineData("notlocalhost")]
    [InlineData("192.168.0.7")]
    [InlineData("0.0.0.0")]
    [InlineData("[2001:db8::1]")]
    [InlineData("[::ffff:192.168.0.7]")]
    [InlineData("169.254.169.254")]
    public async Task A_foreign_host_is_refused_on_every_route(string host)
    {
        foreach (var path in Paths)
        {
            ShouldBeMisdirected(await CallAsync(path, request => request.Headers.Host = host));
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LocalHost:7070")]
    [InlineData("127.0.0.1")]
    [InlineData("127.8.9.10:80")]
    [InlineData("[::1]:7070")]
    public async Task A_loopback_name_is_served(string host) =>
        (await CallAsync("/.well-known/jwks.json", request => request.Headers.Host = host)).Status.ShouldBe(HttpStatusCode.OK);

    [Fact]
    public async Task An_administrators_token_does_not_open_it()
    {
        var admin = await shared.Host.BearerAsync("admin");

        var answer = await CallAsync("/v1/clients", request =>
        {
            request.Headers.Authorization = new("Bearer", admin);
            request.Headers.Host = "evil.example";
        });

        ShouldBeMisdirected(answer);
        answer.Text.ShouldNotContain("client_id");
    }

    [Fact]
    public async Task A_production_server_stands_behind_its_proxy()
    {
        await using var production = await AuthorityHost.StartAsync(
            services => services.PostConfigure<AuthorityOptions>(options =>
                (options.Development, options.Issuer, options.AdminSecret) = (false, "https://auth.example", new('x', 32))));
        var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/jwks.json");
        request.Headers.Host = "auth.example";
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");

        (await production.SendAsync(request)).Status.ShouldBe(HttpStatusCode.OK);
    }

    private Task<Answer> CallAsync(string path, Action<HttpRequestMessage> change)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        change(request);
        return shared.Host.SendAsync(request);
    }

    private static void ShouldBeMisdirected(Answer answer)
    {
        answer.ShouldBeProblem(HttpStatusCode.MisdirectedRequest);
        answer["code"].ShouldBe("RSC1906");
    }
}
