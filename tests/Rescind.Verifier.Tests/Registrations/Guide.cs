using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Registrations;

/// <summary>The code of docs/guide/verify-in-aspnetcore.md that is not the sample's.</summary>
public sealed class Guide
{
    [Fact]
    public async Task Two_schemes_as_the_guide_has_them()
    {
        var log = new FakeLog();
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IRevocationFeed>(log).AddAuthorization();
        builder.Services.AddAuthentication("Shop")
            .AddRescind("Shop", v => v.Audience = "shop")
            .AddRescind("Admin", v => (v.Audience, v.MaxStaleness) = ("admin", TimeSpan.FromSeconds(2)));

        await using var app = builder.Build();
        app.MapGet("/admin", () => "").RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = "Admin" });
        await app.StartAsync();
        await Eventually.Async(() => app.Services.GetRequiredService<VerifierStatus>().IsFresh);
        using var http = new HttpClient { BaseAddress = new(app.Urls.Single()) };

        (await StatusAsync("admin")).ShouldBe(HttpStatusCode.OK);
        (await StatusAsync("shop")).ShouldBe(HttpStatusCode.Unauthorized);
        await app.StopAsync();

        async Task<HttpStatusCode> StatusAsync(string audience)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/admin");
            request.Headers.Authorization = new("Bearer", log.Mint(new { aud = audience }));
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }
}
