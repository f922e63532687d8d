using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Rescind.Verifier.Tests.Support;

/// <summary>What a test changes of its API. By default: AddRescind, the feed in the same process, a bound of 5 s.</summary>
internal sealed record ApiSetup
{
    public Action<AuthenticationBuilder> Schemes { get; init; } = static schemes =>
        schemes.AddRescind(static o => o.Audience = "orders");

    public Action<IServiceCollection> Services { get; init; } = static _ => { };

    public Action<WebApplication> Routes { get; init; } = static _ => { };

    public IRevocationFeed? Feed { get; init; }

    public Dictionary<string, string?> Configuration { get; init; } = [];

    public string Environment { get; init; } = "Development";

    public bool WaitUntilReady { get; init; } = true;

    /// <summary>What POST /transfers demands.</summary>
    public TimeSpan Freshness { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>An API on a real server: /orders for whoever is authenticated, /transfers with freshness 2 s, /open for all,
/// /vault after a login at most 5 minutes ago that was silver or gold.</summary>
internal sealed class Api : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Api(WebApplication app)
    {
        _app = app;
        Http = new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(20) };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public VerifierStatus Status => _app.Services.GetRequiredService<VerifierStatus>();

    public FakeLogCollector Logs => _app.Services.GetFakeLogCollector();

    public static async Task<Api> StartAsync(ApiSetup setup)
    {
        var app = Build(setup);
        await app.StartAsync();
        var api = new Api(app);
        if (setup.WaitUntilReady)
        {
            await Eventually.Async(() => api.Status.IsFresh);
        }

        return api;
    }

    public static Task<Api> StartAsync(FakeLog log, Action<AuthenticationBuilder>? schemes = null) => StartAsync(
        schemes is null ? new() { Feed = log } : new() { Feed = log, Schemes = schemes });

    public static WebApplication Build(ApiSetup setup)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = setup.Environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(setup.Configuration);
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddFakeLogging();
        if (setup.Feed is not null)
        {
            builder.Services.AddSingleton(setup.Feed);
        }

        setup.Schemes(builder.Services.AddAuthentication());
        setup.Services(builder.Services);
        builder.Services.AddAuthorization();
        builder.Services.AddHealthChecks().AddRescind();
        var app = builder.Build();
        app.MapGet("/open", () => "open");
        app.MapGet("/orders", (HttpContext context) => context.User.Identity?.Name ?? "").RequireAuthorization();
        app.MapPost("/transfers", () => "done").RequireAuthorization().RequireFreshness(setup.Freshness);
        app.MapGet("/vault", () => "open").RequireAuthorization().RequireStepUp(TimeSpan.FromMinutes(5), "gold", "silver");
        app.MapHealthChecks("/health/ready");
        setup.Routes(app);
        return app;
    }

    public Task<HttpResponseMessage> GetAsync(string? token, string path = "/orders") => SendAsync(HttpMethod.Get, path, token);

    public async Task<HttpStatusCode> StatusAsync(string? token, string path = "/orders")
    {
        using var answer = await GetAsync(token, path);
        return answer.StatusCode;
    }

    public Task<HttpResponseMessage> PostAsync(string? token, string path) => SendAsync(HttpMethod.Post, path, token);

    public async Task<HttpStatusCode> TransferAsync(string token)
    {
        using var answer = await PostAsync(token, "/transfers");
        return answer.StatusCode;
    }

    /// <summary>Stops the app, and stays there until it is disposed.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token)
    {
        using var request = new HttpRequestMessage(method, path);
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        }

        return await Http.SendAsync(request);
    }
}
