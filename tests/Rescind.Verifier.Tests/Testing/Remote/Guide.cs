extern alias orders;

using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Verifier.Tests.Support;
using Program = orders::Program;

namespace Rescind.Verifier.Tests.Testing.Remote;

/// <summary>The code of docs/guide/testing.md, over an API whose Authority is elsewhere.</summary>
public sealed class Guide
{
    [Fact]
    public async Task An_API_follows_an_Authority_in_the_memory_of_the_test()
    {
        const string Secret = "only-for-these-tests-and-no-others";
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.WebHost.UseTestServer();
        builder.Configuration["Rescind:AdminSecret"] = Secret;
        builder.Services.AddRescindAuthority();
        await using var authority = builder.Build();
        authority.MapRescind();
        await authority.StartAsync();

        await using var api = new WebApplicationFactory<Program>().WithWebHostBuilder(web => web.ConfigureTestServices(services =>
            services.PostConfigure<VerifierOptions>(verifier =>
            {
                (verifier.Authority, verifier.Audience) = ("http://localhost", "orders");
                (verifier.ClientId, verifier.ClientSecret) = ("admin", Secret);
                verifier.BackchannelHttpHandler = authority.GetTestServer().CreateHandler();
            })));
        using var client = api.CreateClient();
        await api.Services.GetRequiredService<VerifierStatus>().WaitUntilReadyAsync();

        var alice = await authority.Services.GetRequiredService<ISessions>().StartAsync(
            new SessionStart { Subject = "alice", Audience = ["orders"] });
        client.DefaultRequestHeaders.Authorization = new("Bearer", alice.AccessToken);
        (await client.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await authority.Services.GetRequiredService<IRevocations>().RevokeAndWaitAsync(
            Match.Subject("alice"), "a test", TimeSpan.FromSeconds(30));
        (await client.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task An_API_starts_though_its_Authority_cannot_be_reached_and_says_503()
    {
        await using var api = new WebApplicationFactory<Program>().WithWebHostBuilder(static web =>
            web.ConfigureTestServices(static services =>
            services.PostConfigure<VerifierOptions>(static verifier =>
            {
                (verifier.Authority, verifier.Audience) = ("http://127.0.0.1:9", "orders");
                (verifier.ClientId, verifier.ClientSecret) = ("orders", "nobody-asks-for-it");
            })));
        using var client = api.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Minting.Mint(new()));

        (await client.GetAsync("/orders")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }
}
