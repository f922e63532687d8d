using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;
using Rescind.Conformance.Support;

namespace Rescind.Verifier.Tests.Support;

/// <summary>
/// An app that is its own Authority, on a real server and a real SQLite file: /login for anybody, /me and /logout for
/// who is logged in.
/// </summary>
internal sealed class EmbeddedApp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _data;

    private readonly StrongBox<bool> _cut;

    private EmbeddedApp(WebApplication app, string data, StrongBox<bool> cut)
    {
        (_app, _data, _cut) = (app, data, cut);
        Http = new() { BaseAddress = new(app.Urls.Single()), Timeout = TimeSpan.FromSeconds(20) };
    }

    public HttpClient Http { get; }

    public string Url => _app.Urls.Single();

    /// <summary>
    /// Whether the feed is answered 503, as by a proxy between that has lost its way, while everything else is
    /// answered.
    /// </summary>
    public bool IsFeedCut
    {
        get => _cut.Value;
        set => _cut.Value = value;
    }

    public VerifierStatus Status => _app.Services.GetRequiredService<VerifierStatus>();

    public static async Task<EmbeddedApp> StartAsync(string prefix, string environment = "Development")
    {
        var data = Directory.CreateTempSubdirectory("rescind-embedded-").FullName;
        var cut = new StrongBox<bool>();
        var app = Build(prefix, environment, data, cut);
        try
        {
            await app.StartAsync();
            var embedded = new EmbeddedApp(app, data, cut);
            await Eventually.Async(() => embedded.Status.IsFresh);
            return embedded;
        }
        catch
        {
            await app.DisposeAsync();
            Directory.Delete(data, recursive: true);
            throw;
        }
    }

    public async Task<JsonObject> LogInAsync(string subject)
    {
        using var answer = await Http.PostAsync("/login?subject=" + subject, null);
        return (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    public Task<JsonObject?> ReadAsync(string path) => Http.GetFromJsonAsync<JsonObject>(path);

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new("Bearer", token) } };
        return await Http.SendAsync(request);
    }

    /// <summary>The secret of the client <c>admin</c>, as an operator finds it.</summary>
    public string AdminSecret =>
        (string)JsonSerializer.Deserialize<JsonObject>(File.ReadAllText(Path.Combine(_data, "admin.json")))!["client_secret"]!;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    private static WebApplication Build(string prefix, string environment, string data, StrongBox<bool> cut)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls(FreeUrl.Next());
        builder.Configuration["Rescind:Data"] = data;
        builder.Logging.ClearProviders();
        builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();

        var app = builder.Build();
        app.Use((context, next) =>
        {
            if (!cut.Value || !context.Request.Path.StartsWithSegments(prefix + "/v1/feed"))
            {
                return next(context);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        });
        app.MapRescind(prefix);
        app.MapPost("/login", async (string subject, ISessions sessions) => Results.Ok(await sessions.StartAsync(subject)));
        app.MapGet("/me", (ClaimsPrincipal user) => user.Subject)
            .RequireAuthorization().RequireFreshness(TimeSpan.FromSeconds(1));
        app.MapPost("/logout", (ClaimsPrincipal user, IRevocations revocations) =>
            revocations.RevokeAndWaitAsync(Match.Session(user.SessionId!), "signed out", TimeSpan.FromSeconds(20)))
            .RequireAuthorization();
        app.MapPost("/logout-without-waiting", (ClaimsPrincipal user, IRevocations revocations) =>
            revocations.RevokeAsync(Match.Session(user.SessionId!), reason: "signed out")).RequireAuthorization();
        return app;
    }
}
