using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.EntityFrameworkCore.Models;
using OpenIddict.Server;
using OpenIddict.Server.AspNetCore;
using OpenIddict.Validation;
using OpenIddict.Validation.AspNetCore;
using Rescind.Comparison.Stores;
using Rescind.Comparison.Ways;
using static OpenIddict.Abstractions.OpenIddictConstants;

namespace Rescind.Comparison.Parts;

/// <summary>An issuer as an application would host it: OpenIddict with its store in SQLite. Anybody logs in by name.</summary>
internal static class IssuerPart
{
    private const string ServerScheme = OpenIddictServerAspNetCoreDefaults.AuthenticationScheme;
    private const string KeyFile = "issuer.pem";

    public static async Task RunAsync(PartSettings settings, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(settings.Url);
        builder.Logging.ClearProviders();
        var file = Path.Combine(settings.Folder, "issuer.db");
        builder.Services.AddDbContext<DbContext>(options =>
            options.UseSqlite($"Data Source={file}").UseOpenIddict().AddInterceptors(new CountedCommands(settings.Calls)));
        AddServer(builder.Services, settings);

        // By the clock of the system, which never is before a faster one: a logout is taken with an ended token too.
        builder.Services.PostConfigure<OpenIddictValidationOptions>(static options => options.TimeProvider = TimeProvider.System);

        await using var app = builder.Build();
        app.UseAuthentication();
        app.MapPost("/connect/token", context => AnswerAsync(context).ContinueWith(
            async answer => await (await answer).ExecuteAsync(context), TaskScheduler.Default).Unwrap());
        app.MapPost("/end", EndAsync);
        app.MapGet("/plain", static () => "ok");
        MeasuredPart.Map(app, settings, file, () => Task.FromResult(FileSize.Of(file)));
        await FillAsync(app.Services, settings);
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(CancellationToken.None);
    }

    private static void AddServer(IServiceCollection services, PartSettings settings) => services.AddOpenIddict()
        .AddCore(core => core.UseEntityFrameworkCore().UseDbContext<DbContext>())
        .AddServer(server =>
        {
            server.SetTokenEndpointUris("connect/token").SetIntrospectionEndpointUris("connect/introspect")
                .AllowPasswordFlow().AllowRefreshTokenFlow();
            server.DisableAccessTokenEncryption().AddSigningKey(Key(settings)).AddEncryptionKey(EncryptionKey(settings));
            server.SetAccessTokenLifetime(settings.Lifetime).SetRefreshTokenReuseLeeway(TimeSpan.Zero);
            server.UseAspNetCore().EnableTokenEndpointPassthrough().DisableTransportSecurityRequirement();
            server.Configure((OpenIddictServerOptions options) => options.TimeProvider = settings.Time);
        })
        .AddValidation(validation =>
        {
            validation.UseLocalServer();

            validation.UseAspNetCore();
        });

    // The same after a restart, which takes the process away and not what it knows.
    private static ECDsaSecurityKey Key(PartSettings settings)
    {
        var path = Path.Combine(settings.Folder, KeyFile);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
        }
        else
        {
            File.WriteAllText(path, key.ExportECPrivateKeyPem());
        }

        return new(key) { KeyId = "issuer" };
    }

    private static SymmetricSecurityKey EncryptionKey(PartSettings settings) =>
        new(SHA256.HashData(File.ReadAllBytes(Path.Combine(settings.Folder, KeyFile))));

    private static async Task<IResult> AnswerAsync(HttpContext context)
    {
        var request = context.GetOpenIddictServerRequest()!;
        var principal = request.IsPasswordGrantType()
            ? NewLogin(request) : (await context.AuthenticateAsync(ServerScheme)).Principal!;
        return Results.SignIn(principal, authenticationScheme: ServerScheme);
    }

    private static ClaimsPrincipal NewLogin(OpenIddictRequest request)
    {
        var identity = new ClaimsIdentity("password", Claims.Name, Claims.Role);
        identity.SetClaim(Claims.Subject, request.Username);
        identity.SetScopes(request.GetScopes());
        identity.SetResources("orders");
        identity.SetDestinations(static _ => [Destinations.AccessToken]);
        return new(identity);
    }

    private static async Task EndAsync(HttpContext context)
    {
        var who = (await context.AuthenticateAsync(OpenIddictValidationAspNetCoreDefaults.AuthenticationScheme)).Principal;
        if (who is null)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        var tokens = context.RequestServices.GetRequiredService<IOpenIddictTokenManager>();
        var (subject, login) = (who.GetClaim(Claims.Subject)!, who.GetAuthorizationId()!);
        switch (Enum.Parse<LogOut>(context.Request.Query["reach"].ToString()))
        {
            case LogOut.One:
                await tokens.RevokeByAuthorizationIdAsync(login);
                break;
            case LogOut.All:
                await tokens.RevokeBySubjectAsync(subject);
                break;
            default:
                await RevokeOthersAsync(tokens, subject, login);
                break;
        }
    }

    private static async Task RevokeOthersAsync(IOpenIddictTokenManager tokens, string subject, string login)
    {
        var others = new List<object>();
        await foreach (var token in tokens.FindBySubjectAsync(subject))
        {
            if (await tokens.GetAuthorizationIdAsync(token) != login)
            {
                others.Add(token);
            }
        }

        foreach (var token in others)
        {
            await tokens.TryRevokeAsync(token);
        }
    }

    private static async Task FillAsync(IServiceProvider services, PartSettings settings)
    {
        await using var scope = services.CreateAsyncScope();
        var database = scope.ServiceProvider.GetRequiredService<DbContext>();
        if (!await database.Database.EnsureCreatedAsync())
        {
            return;
        }

        var applications = scope.ServiceProvider.GetRequiredService<IOpenIddictApplicationManager>();
        await applications.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = "web", ClientType = ClientTypes.Public,
            Permissions = { Permissions.Endpoints.Token, Permissions.GrantTypes.Password, Permissions.GrantTypes.RefreshToken },
        });
        await applications.CreateAsync(new OpenIddictApplicationDescriptor
        {
            ClientId = "orders", ClientSecret = IssuerClient.ApiSecret, ClientType = ClientTypes.Confidential,
            Permissions = { Permissions.Endpoints.Introspection },
        });
        var until = settings.Time.GetUtcNow().UtcDateTime + settings.Lifetime;
        database.AddRange(Enumerable.Range(0, settings.Users).Select(i => new OpenIddictEntityFrameworkCoreToken
        {
            Subject = $"filled-{i}", Status = Statuses.Valid, Type = TokenTypeHints.AccessToken, ExpirationDate = until,
            CreationDate = until - settings.Lifetime,
        }));
        await database.SaveChangesAsync();
    }
}
