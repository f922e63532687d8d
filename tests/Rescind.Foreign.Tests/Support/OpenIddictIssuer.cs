using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using Rescind.Conformance.Support;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Rescind.Foreign.Tests.Support;

/// <summary>
/// OpenIddict as an app of its own would host it: a real server on loopback with its store in SQLite, whose access
/// tokens are signed and not encrypted. Anybody logs in by name; a refresh gives a token with the same login.
/// </summary>
internal sealed class OpenIddictIssuer : IAsyncDisposable
{
    public const string Audience = "orders";

    private readonly WebApplication _app;
    private readonly SqliteConnection _store;
    private readonly HttpClient _http;

    private OpenIddictIssuer(WebApplication app, SqliteConnection store, string url) =>
        (_app, _store, Url, _http) = (app, store, url, new() { BaseAddress = new(url) });

    /// <summary>Its <c>iss</c>: it ends in a slash.</summary>
    public string Issuer => Url + "/";

    public string Url { get; }

    public string JwksUri => Url + "/.well-known/jwks";

    /// <summary>The path of every request that came, in order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    /// <summary>Starts one that publishes <paramref name="keys"/> and signs with the first.</summary>
    public static async Task<OpenIddictIssuer> StartAsync(params SecurityKey[] keys)
    {
        // An empty name is a database in memory, gone with its last connection.
        var store = new SqliteConnection("DataSource=:memory:");
        await store.OpenAsync();
        var builder = WebApplication.CreateBuilder();
        var url = FreeUrl.Next();
        builder.WebHost.UseUrls(url);
        builder.Logging.ClearProviders();
        AddServer(builder, store, keys);
        var app = builder.Build();
        var issuer = new OpenIddictIssuer(app, store, url);
        app.Use((context, next) =>
        {
            issuer.Requests.Enqueue(context.Request.Path);
            return next(context);
        });
        app.UseAuthentication();
        app.MapPost("/connect/token", (Delegate)AnswerAsync);
        await app.StartAsync();
        using var scope = app.Services.CreateScope();
        await scope.ServiceProvider.GetRequiredService<DbContext>().Database.EnsureCreatedAsync();
        return issuer;
    }

    /// <summary>Logs a person in at a new client, which belongs to a tenant of its own.</summary>
    public async Task<ForeignTokens> LogInAsync(string subject)
    {
        var client = "client-" + Entropy.System.NextId();
        using (var scope = _app.Services.CreateScope())
        {
            await scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>()
                .CreateAsync(new OpenIddictApplicationDescriptor
                {
                    ClientId = client,
                    ClientType = ClientTypes.Public,
                    Permissions =
                    {
                        Permissions.Endpoints.Token, Permissions.GrantTypes.Password, Permissions.GrantTypes.RefreshToken,
                    },
                });
        }

        return await AskAsync(new()
        {
            ["grant_type"] = "password", ["client_id"] = client, ["username"] = subject, ["password"] = "any",
            ["scope"] = "offline_access",
        });
    }

    /// <summary>Another access token of the same login, minted in a later second.</summary>
    public async Task<ForeignTokens> RefreshLaterAsync(ForeignTokens tokens)
    {
        var refreshed = tokens;
        await Verifier.Tests.Support.Eventually.Async(async () =>
        {
            refreshed = await AskAsync(new()
            {
                ["grant_type"] = "refresh_token", ["client_id"] = tokens.Text("client_id"), ["refresh_token"] = refreshed.Refresh,
            });
            return refreshed.Number("iat") > tokens.Number("iat");
        });
        return refreshed;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _store.DisposeAsync();
    }

    private static void AddServer(WebApplicationBuilder builder, SqliteConnection store, SecurityKey[] keys)
    {
        builder.Services.AddDbContext<DbContext>(options => options.UseSqlite(store).UseOpenIddict());
        builder.Services.AddOpenIddict()
            .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
            .AddServer(server =>
            {
                server.SetTokenEndpointUris("connect/token").AllowPasswordFlow().AllowRefreshTokenFlow();
                server.DisableAccessTokenEncryption().AddEphemeralEncryptionKey()
                    .SetAccessTokenLifetime(TimeSpan.FromMinutes(10));
                foreach (var key in keys)
                {
                    server.AddSigningKey(key);
                }

                server.UseAspNetCore().EnableTokenEndpointPassthrough().DisableTransportSecurityRequirement();
            });
    }

    private static async Task<IResult> AnswerAsync(HttpContext context)
    {
        const string scheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;
        var request = context.GetOpenIddictServerRequest()!;
        var principal = request.IsPasswordGrantType() ? NewLogin(request) : (await context.AuthenticateAsync(scheme)).Principal!;
        return Results.SignIn(principal, authenticationScheme: scheme);
    }

    private static ClaimsPrincipal NewLogin(OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity("password", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, request.Username);
        identity.SetClaim("tenant", "tenant of " + request.ClientId);
        identity.AddClaim(new(
            Claims.AuthenticationTime, DateTimeOffset.UtcNow.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            ClaimValueTypes.Integer64));
        identity.SetScopes(request.GetScopes());
        identity.SetResources(Audience);
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        return new(identity);
    }

    private async Task<ForeignTokens> AskAsync(Dictionary<string, string> form)
    {
        using var answer = await _http.PostAsync("/connect/token", new FormUrlEncodedContent(form));
        answer.IsSuccessStatusCode.ShouldBeTrue($"{answer} {await answer.Content.ReadAsStringAsync()}");
        var body = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        return new((string)body["access_token"]!, (string)body["refresh_token"]!);
    }
}
