using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Rescind.Verifier.Tests.Support;

/// <summary>Another issuer on a real server: its metadata, and the keys that a test publishes.</summary>
internal sealed class KeyPublisher : IAsyncDisposable
{
    private readonly WebApplication _app;
    private volatile string _keys = "{\"keys\":[]}";
    private int _fetches;

    private KeyPublisher(WebApplication app) => _app = app;

    public string Url => _app.Urls.First();

    /// <summary>How often its keys were asked for.</summary>
    public int Fetches => _fetches;

    /// <summary>What to answer instead of the keys.</summary>
    public Func<HttpContext, Task>? Instead { get; set; }

    public static async Task<KeyPublisher> StartAsync(FakeLog log, params SigningKey[] keys)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var publisher = new KeyPublisher(app);
        app.MapGet("/.well-known/openid-configuration", () =>
            Results.Json(new { issuer = publisher.Url, jwks_uri = publisher.Url + "/keys" }));
        app.MapGet("/keys", (RequestDelegate)publisher.AnswerAsync);
        await app.StartAsync();
        publisher.Publish(keys);
        log.Register(new()
        {
            Issuer = publisher.Url, Own = false, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["at+jwt"],
            Algorithms = ["ES256"],
        });
        return publisher;
    }

    public void Publish(params SigningKey[] keys) => _keys = $"{{\"keys\":[{string.Join(',', keys.Select(key => key.Jwk))}]}}";

    public string Mint(FakeLog log, SigningKey key, object? header = null) => log.Mint(new { iss = Url }, header, key);

    /// <summary>A scheme that takes its tokens, as an app would add it.</summary>
    public AuthenticationBuilder AddTo(AuthenticationBuilder schemes) => schemes.AddJwtBearer(jwt =>
    {
        (jwt.Authority, jwt.Audience, jwt.RequireHttpsMetadata) = (Url, "orders", false);
    }).AddRevocation();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        Interlocked.Increment(ref _fetches);
        return Instead is { } instead ? instead(context) : context.Response.WriteAsync(_keys);
    }
}
