using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescind.Conformance.Support;

/// <summary>
/// An API as the framework's own documentation writes it: nothing of ours, nothing changed but plain http for loopback.
/// </summary>
internal sealed class StockApi : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _http;

    private StockApi(WebApplication app) => (_app, _http) = (app, new() { BaseAddress = new(app.Urls.Single()) });

    public static async Task<StockApi> StartAsync(Uri authority, string audience)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddAuthentication().AddJwtBearer(jwt =>
        {
            jwt.Authority = authority.ToString();
            jwt.Audience = audience;
            jwt.RequireHttpsMetadata = false;
        });
        builder.Services.AddAuthorization();
        builder.Services.ShouldNotContain(service => IsOurs(service.ServiceType) || IsOurs(service.ImplementationType));
        var app = builder.Build();
        app.MapGet("/orders", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)).RequireAuthorization();
        await app.StartAsync();
        return new(app);
    }

    /// <summary>The status, and the subject that the API saw.</summary>
    public async Task<(HttpStatusCode Status, string Subject)> GetAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders");
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await _http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static bool IsOurs(Type? type) =>
        type?.Assembly.GetName().Name!.StartsWith("Rescind", StringComparison.Ordinal) is true;
}
