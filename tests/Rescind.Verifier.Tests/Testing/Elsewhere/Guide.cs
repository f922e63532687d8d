extern alias elsewhere;

using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Revocations;
using Rescind.Verifier.Tests.Support;
using Program = elsewhere::Program;

namespace Rescind.Verifier.Tests.Testing.Elsewhere;

/// <summary>The code of docs/guide/testing.md, over an API that takes the tokens of another issuer.</summary>
public sealed class Guide
{
    private const string Secret = "only-for-these-tests-and-no-others";

    [Fact]
    public async Task A_token_of_another_issuer_needs_no_metadata_in_a_test()
    {
        using var signing = RSA.Create(2048);
        var key = new RsaSecurityKey(signing) { KeyId = "one" };
        await using var authority = await StartAuthorityAsync();
        using var admin = await AdministratorAsync(authority);
        (await admin.PostAsJsonAsync("/v1/issuers", new { issuer = "https://login.test", profile = "oidc" }))
            .EnsureSuccessStatusCode();
        await using var api = new WebApplicationFactory<Program>().WithWebHostBuilder(web => web.ConfigureTestServices(services =>
        {
            services.Configure<JwtBearerOptions>("Bearer", jwt =>
            {
                jwt.TokenValidationParameters.ValidIssuer = "https://login.test";
                jwt.TokenValidationParameters.ValidAudience = "orders";
                jwt.TokenValidationParameters.IssuerSigningKey = key;
            });
            services.PostConfigure<VerifierOptions>(verifier =>
            {
                (verifier.Authority, verifier.ClientId, verifier.ClientSecret) = ("http://localhost", "admin", Secret);
                verifier.BackchannelHttpHandler = authority.GetTestServer().CreateHandler();
            });
        }));
        using var client = api.CreateClient();
        await api.Services.GetRequiredService<VerifierStatus>().WaitUntilReadyAsync();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Mint(key));

        (await client.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await authority.Services.GetRequiredService<IRevocations>().RevokeAsync(
            new()
            {
                Match = Match.Subject("alice"),
                Issuer = "https://login.test",
                Reason = "a test",
                Wait = TimeSpan.FromSeconds(30),
            });
        (await client.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static async Task<WebApplication> StartAuthorityAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseTestServer();
        builder.Configuration["Rescind:AdminSecret"] = Secret;
        builder.Services.AddRescindAuthority();
        var authority = builder.Build();
        authority.MapRescind();
        await authority.StartAsync();
        return authority;
    }

    private static async Task<HttpClient> AdministratorAsync(WebApplication authority)
    {
        var client = authority.GetTestClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials", ["scope"] = "admin", ["client_id"] = "admin", ["client_secret"] = Secret,
        });
        using var answer = await client.PostAsync("/token", form);
        var body = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonObject>();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (string)body!["access_token"]!);
        return client;
    }

    private static string Mint(RsaSecurityKey key) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = "https://login.test",
        Audience = "orders",
        TokenType = "at+jwt",
        Expires = DateTime.UtcNow.AddMinutes(5),
        Claims = new Dictionary<string, object>
        {
            ["sub"] = "alice", ["jti"] = "one", ["client_id"] = "web", ["auth_time"] = Minting.Now,
        },
        SigningCredentials = new(key, SecurityAlgorithms.RsaSha256),
    });
}
