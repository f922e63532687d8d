using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>
/// An API that asks a scripted Authority: /sure every time, /orders by the verifier's options, /patient never, /eager
/// when stale.
/// </summary>
internal sealed class AskingApi : IAsyncDisposable
{
    /// <summary>So short that a replica whose feed is away is soon older.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(900);

    private AskingApi(FakeLog log, FakeAuthority authority, Api api) => (Log, Authority, Api) = (log, authority, api);

    public FakeLog Log { get; }

    public FakeAuthority Authority { get; }

    public Api Api { get; }

    public static async Task<AskingApi> StartAsync(StaleAction whenStale, FakeLog? log = null)
    {
        log ??= new();
        var authority = await FakeAuthority.StartAsync(log);
        var api = await Api.StartAsync(new()
        {
            Freshness = Bound,
            Schemes = schemes => schemes
                .AddRescind(options => (options.MaxStaleness, options.WhenStale) = (Bound, whenStale))
                .AddJwtBearer("foreign", static jwt =>
                {
                    jwt.Audience = "orders";
                    jwt.TokenValidationParameters.ValidIssuer = Foreign.Issuer;
                    jwt.TokenValidationParameters.IssuerSigningKey = Foreign.Key;
                }).AddRevocation(),
            Services = static services =>
                services.Configure<AuthenticationOptions>(static options => options.DefaultScheme = "Bearer"),
            Configuration = new()
            {
                ["Rescind:Authority"] = authority.Url, ["Rescind:Audience"] = "orders",
                ["Rescind:ClientId"] = "verifier", ["Rescind:ClientSecret"] = "se+cret",
            },
            Routes = Map,
        });
        return new(log, authority, api);
    }

    /// <summary>Takes the feed away and waits until the replica is older than its bound.</summary>
    public async Task BecomeStaleAsync()
    {
        Log.IsAway = true;
        await Eventually.Async(() => !Api.Status.IsFresh);
    }

    public Task<HttpStatusCode> StatusAsync(string token, string path = "/orders") => Api.StatusAsync(token, path);

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Authority.DisposeAsync();
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/sure", static () => "in").RequireAuthorization().RequireIntrospection();
        app.MapGet("/sure-and-recent", static () => "in")
            .RequireAuthorization().RequireIntrospection().RequireStepUp(TimeSpan.FromMinutes(5));
        app.MapGet("/patient", static () => "in").RequireAuthorization().RequireFreshness(Bound, StaleAction.Reject);
        app.MapGet("/eager", static () => "in").RequireAuthorization().RequireFreshness(Bound, StaleAction.Introspect);
        app.MapGet("/foreign", static () => "in").RequireAuthorization(Foreign.Policy);
        app.MapGet("/foreign-sure", static () => "in").RequireAuthorization(Foreign.Policy).RequireIntrospection();
        app.MapGet(
            "/why", static (HttpContext context) => context.Features.Get<IVerdictFeature>()?.Verdict.Kind.ToString() ?? "");
    }
}
