using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests.Support;

public class ShopUser : IdentityUser;

public class ShopDb(DbContextOptions options) : IdentityDbContext<ShopUser, IdentityRole, string>(options);

public sealed class OutboxDb(DbContextOptions<OutboxDb> options) : ShopDb(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.AddRescindOutbox();
    }
}

/// <summary>
/// An application with users: ASP.NET Core Identity over EF Core and SQLite, an embedded Authority, and an API that
/// verifies, on a real server.
/// </summary>
internal sealed class Shop : IAsyncDisposable
{
    public const string Password = "Correct-horse-1";

    private readonly WebApplication _app;
    private readonly string _folder;

    private Shop(WebApplication app, string folder)
    {
        (_app, _folder) = (app, folder);
        Http = new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Http { get; }

    public string Url => _app.Urls.First();

    public FailingRevocations Revocations => _app.Services.GetRequiredService<FailingRevocations>();

    public static async Task<Shop> OpenAsync(
        Action<IdentityRevocationOptions>? revoke = null, Action<IServiceCollection>? services = null,
        Action<IdentityOptions>? identity = null,
        bool outbox = false)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-identity-").FullName;
        var app = Build(folder, revoke, services, identity, outbox);
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            Directory.Delete(folder, recursive: true);
            throw;
        }

        var shop = new Shop(app, folder);
        await shop.InScopeAsync(scope => scope.GetRequiredService<ShopDb>().Database.EnsureCreatedAsync());
        return shop;
    }

    /// <summary>Registers <c>alice</c> and returns her id.</summary>
    public async Task<string> RegisterAsync(string name = "alice")
    {
        var user = new ShopUser { UserName = name };
        await ChangeAsync(users => users.CreateAsync(user, Password));
        return user.Id;
    }

    /// <summary>One request of its own, as far as scoped services go.</summary>
    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }

    /// <summary>Changes something by the UserManager, successfully.</summary>
    public async Task ChangeAsync(Func<UserManager<ShopUser>, Task<IdentityResult>> change) =>
        (await InScopeAsync(scope => change(scope.GetRequiredService<UserManager<ShopUser>>()))).Succeeded.ShouldBeTrue();

    /// <summary>Changes <c>alice</c>, successfully.</summary>
    public Task ChangeAsync(Func<UserManager<ShopUser>, ShopUser, Task<IdentityResult>> change) =>
        ChangeAsync(async users => await change(users, (await users.FindByNameAsync("alice"))!));

    /// <summary>Changes <c>alice</c> as the application's own program does, with the context that holds her.</summary>
    public Task ChangeAsync(Func<ShopDb, UserManager<ShopUser>, ShopUser, Task> change) => InScopeAsync(async scope =>
    {
        var users = scope.GetRequiredService<UserManager<ShopUser>>();
        await change(scope.GetRequiredService<ShopDb>(), users, (await users.FindByNameAsync("alice"))!);
        return true;
    });

    /// <summary>A new session, as after a login that was right.</summary>
    public Task<StartedSession> LoginAsync(string name = "alice", string? device = null) => InScopeAsync(async scope =>
    {
        var user = await scope.GetRequiredService<UserManager<ShopUser>>().FindByNameAsync(name);
        return await scope.GetRequiredService<IUserSessions<ShopUser>>().StartAsync(user!, start => device is null
            ? start : start with { Tags = new Dictionary<string, string> { [DeviceTag.Name] = device } });
    });

    public async Task<HttpStatusCode> GetAsync(string path, StartedSession session)
    {
        using var request =
            new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new("Bearer", session.AccessToken) } };
        using var answer = await Http.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>Waits, generously, until the API no longer takes the token.</summary>
    public async Task RefusesAsync(StartedSession session)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await GetAsync("/orders", session) != HttpStatusCode.Unauthorized)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    public async Task<(int Status, JsonObject Body)> RefreshAsync(StartedSession session)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token", ["refresh_token"] = session.RefreshToken, ["client_id"] = "web",
        });
        using var answer = await Http.PostAsync("/auth/token", form);
        return ((int)answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonObject>())!);
    }

    public async Task<bool> CanRefreshAsync(StartedSession session) => (await RefreshAsync(session)).Status == 200;

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static WebApplication Build(
        string folder,
        Action<IdentityRevocationOptions>? revoke, Action<IServiceCollection>? services, Action<IdentityOptions>? identity,
        bool outbox)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration["Rescind:Issuer"] = "http://127.0.0.1:7080/auth";
        builder.Configuration["Rescind:Development"] = "true";
        builder.Configuration["Rescind:Data"] = folder;
        builder.Services.AddRescindAuthority();
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorizationBuilder().AddPolicy("admin", policy => policy.RequireRole("admin"));
        void UseFile(DbContextOptionsBuilder db) => db.UseSqlite($"Data Source={Path.Combine(folder, "shop.db")}");
        _ = outbox ? builder.Services.AddDbContext<ShopDb, OutboxDb>(UseFile) : builder.Services.AddDbContext<ShopDb>(UseFile);
        builder.Services.AddIdentityCore<ShopUser>(identity ?? (_ => { }))
            .AddRoles<IdentityRole>().AddEntityFrameworkStores<ShopDb>().AddDefaultTokenProviders().AddRescind(revoke);
        // A password is hashed in each test, and none of them is about how slow that is. One that was hashed less often
        // is hashed anew.
        builder.Services.Configure<PasswordHasherOptions>(static hashing => hashing.IterationCount = 2);
        builder.Services.AddSingleton<FailingRevocations>();
        builder.Services.AddSingleton<IRevocations>(provider => provider.GetRequiredService<FailingRevocations>());
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.MapRescind("/auth");
        app.MapGet("/orders", () => "your orders").RequireAuthorization();
        app.MapGet("/admin", () => "your shop").RequireAuthorization("admin");
        app.MapPost("/password", ChangePasswordAsync).RequireAuthorization();
        app.MapPost("/reset", ResetPasswordAsync).RequireAuthorization();
        return app;
    }

    private static async Task<IResult> ChangePasswordAsync(ClaimsPrincipal caller, UserManager<ShopUser> users)
    {
        var user = await users.FindByIdAsync(caller.Subject!);
        var result = await users.ChangePasswordAsync(user!, Password, "Another-horse-2");
        return result.Succeeded ? Results.NoContent() : Results.BadRequest();
    }

    private static async Task<IResult> ResetPasswordAsync(ClaimsPrincipal caller, UserManager<ShopUser> users)
    {
        var user = await users.FindByIdAsync(caller.Subject!);
        var result = await users.ResetPasswordAsync(user!, await users.GeneratePasswordResetTokenAsync(user!), "Another-horse-2");
        return result.Succeeded ? Results.NoContent() : Results.BadRequest();
    }
}
