using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Benchmarks.Requests;

/// <summary>
/// An API in a process of its own, protected in one of several ways. Says its address and its tokens; to each line it is asked it
/// says what processor time it took so far, and how much it allocated.
/// </summary>
internal static class RequestServer
{
    private const string Elsewhere = "https://login.example";
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes(new string('s', 32));
    private static readonly SigningKey Key = new();
    private static readonly FakeLog Log = new();

    private static readonly Dictionary<string, Action<WebApplicationBuilder>> Kinds = new()
    {
        [RequestRounds.Ours] = static builder => Rescind(builder, remembered: 10_000),
        [RequestRounds.OursNoneRemembered] = static builder => Rescind(builder, remembered: 0),
        [RequestRounds.OursElsewhere] = static builder => Bearer(builder, new JsonWebKey(Key.Jwk), "ES256").AddRevocation(),
        [RequestRounds.Stock] = static builder => Bearer(builder, new JsonWebKey(Key.Jwk), "ES256"),
        [RequestRounds.StockSymmetric] = static builder => Bearer(builder, new SymmetricSecurityKey(Secret), "HS256"),
        [RequestRounds.Dictionary] = static builder => builder.Services.AddAuthentication("known")
            .AddScheme<AuthenticationSchemeOptions, KnownTokens>("known", null),
    };

    public static async Task ServeAsync(string kind)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        Kinds[kind](builder);
        builder.Services.AddAuthorization();
        await using var app = builder.Build();
        app.MapGet("/orders", static () => "your orders").RequireAuthorization();
        await app.StartAsync();
        Console.WriteLine(JsonSerializer.Serialize(new { url = app.Urls.First(), tokens = TokensOf(kind) }));
        while (Console.ReadLine() is not null)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                cpu = Environment.CpuUsage.TotalTime.TotalMilliseconds, allocated = GC.GetTotalAllocatedBytes(),
            }));
        }
    }

    private static void Rescind(WebApplicationBuilder builder, int remembered)
    {
        builder.Services.AddSingleton<IRevocationFeed>(Log);
        builder.Services.AddAuthentication()
            .AddRescind(options => (options.Audience, options.VerifiedTokens) = ("orders", remembered));
    }

    private static AuthenticationBuilder Bearer(WebApplicationBuilder builder, SecurityKey key, string algorithm)
    {
        Log.Register(new()
        {
            Issuer = Elsewhere, Own = false, Limits = FakeLog.Limits, SendsAuthTime = true, Types = ["at+jwt"],
            Algorithms = [algorithm],
        });
        builder.Services.AddSingleton<IRevocationFeed>(Log);
        return builder.Services.AddAuthentication().AddJwtBearer(jwt => jwt.TokenValidationParameters = new()
        {
            ValidIssuer = Elsewhere, ValidAudience = "orders", IssuerSigningKey = key, ValidTypes = ["at+jwt"],
            ValidAlgorithms = [algorithm],
        });
    }

    private static string[] TokensOf(string kind)
    {
        var isOwn = kind is RequestRounds.Ours or RequestRounds.OursNoneRemembered;
        var (issuer, key) = isOwn ? (Log.Own, Log.Key) : (Elsewhere, Key);
        return [.. Enumerable.Range(0, RequestRounds.Tokens).Select(i => kind == RequestRounds.StockSymmetric ? Symmetric(i)
            : Log.Mint(new { iss = issuer, sub = $"u-{i}", jti = $"t-{i}", exp = Minting.Now + 3600 }, key: key))];
    }

    private static string Symmetric(int i) => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        TokenType = "at+jwt", SigningCredentials = new(new SymmetricSecurityKey(Secret), "HS256"),
        Claims = new Dictionary<string, object>
        {
            ["iss"] = Elsewhere, ["sub"] = $"u-{i}", ["aud"] = "orders", ["client_id"] = "web", ["sid"] = "session-1",
            ["jti"] = $"t-{i}", ["exp"] = Minting.Now + 3600, ["role"] = "buyer",
        },
    });
}

/// <summary>The least that remembering takes: the token is a name in a table.</summary>
internal sealed class KnownTokens(
    Microsoft.Extensions.Options.IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers,
    System.Text.Encodings.Web.UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    private static readonly ConcurrentDictionary<string, ClaimsPrincipal> Known = new();

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string text = Request.Headers.Authorization!;
        var person = Known.GetOrAdd(text["Bearer ".Length..], static _ => new(new ClaimsIdentity("known")));
        return Task.FromResult(AuthenticateResult.Success(new(person, Scheme.Name)));
    }
}
