using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Sessions;

namespace Rescind.AspNetCore.Identity.Tests.Support;

public sealed class Customer : IdentityUser<int>;

public sealed class Employee : IdentityUser<int>;

public sealed class CustomerRole : IdentityRole<int>;

public sealed class EmployeeRole : IdentityRole<int>;

public sealed class CustomerDb(DbContextOptions<CustomerDb> options) : IdentityDbContext<Customer, CustomerRole, int>(options);

public sealed class EmployeeDb(DbContextOptions<EmployeeDb> options) : IdentityDbContext<Employee, EmployeeRole, int>(options);

/// <summary>
/// An application with customers and employees, whose ids are the same numbers, over one embedded Authority on a real server.
/// </summary>
internal sealed class TwoUserTypes : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _folder;

    private TwoUserTypes(WebApplication app, string folder)
    {
        (_app, _folder) = (app, folder);
        Http = new() { BaseAddress = new(app.Urls.First()), Timeout = TimeSpan.FromSeconds(60) };
    }

    public HttpClient Http { get; }

    public static async Task<TwoUserTypes> OpenAsync(
        Action<IdentityRevocationOptions>? customers = null, Action<IdentityRevocationOptions>? employees = null,
        Action<IServiceCollection>? services = null)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-two-types-").FullName;
        var app = Build(
            folder, customers ?? (static o => o.SubjectPrefix = "customer:"),
            employees ?? (static o => o.SubjectPrefix = "employee:"), services);
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

        var two = new TwoUserTypes(app, folder);
        await two.InScopeAsync(scope => scope.GetRequiredService<CustomerDb>().Database.EnsureCreatedAsync());
        await two.InScopeAsync(scope => scope.GetRequiredService<EmployeeDb>().Database.EnsureCreatedAsync());
        return two;
    }

    public async Task<T> InScopeAsync<T>(Func<IServiceProvider, Task<T>> act)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        return await act(scope.ServiceProvider);
    }

    /// <summary>Registers somebody with a role of the same name as the type, and with the id 1 in either store.</summary>
    public async Task RegisterAsync<TUser, TRole>(TUser user, TRole role)
        where TUser : class
        where TRole : IdentityRole<int>
    {
        await ChangeAsync<TUser>(users => users.CreateAsync(user, Shop.Password));
        (await InScopeAsync(scope => scope.GetRequiredService<RoleManager<TRole>>().CreateAsync(role))).Succeeded.ShouldBeTrue();
        await ChangeAsync<TUser>(async users => await users.AddToRoleAsync((await users.FindByIdAsync("1"))!, role.Name!));
    }

    public async Task ChangeAsync<TUser>(Func<UserManager<TUser>, Task<IdentityResult>> change)
        where TUser : class =>
        (await InScopeAsync(scope => change(scope.GetRequiredService<UserManager<TUser>>()))).Succeeded.ShouldBeTrue();

    public Task<StartedSession> LoginAsync<TUser>()
        where TUser : class => InScopeAsync(async scope =>
    {
        var user = await scope.GetRequiredService<UserManager<TUser>>().FindByIdAsync("1");
        return await scope.GetRequiredService<IUserSessions<TUser>>().StartAsync(user!);
    });

    public async Task<(int Status, string AccessToken)> RefreshAsync(StartedSession session)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token", ["refresh_token"] = session.RefreshToken, ["client_id"] = "web",
        });
        using var answer = await Http.PostAsync("/auth/token", form);
        using var body = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return ((int)answer.StatusCode, body.RootElement.TryGetProperty("access_token", out var token) ? token.GetString()! : "");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private static WebApplication Build(
        string folder, Action<IdentityRevocationOptions> customers, Action<IdentityRevocationOptions> employees,
        Action<IServiceCollection>? services)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Configuration["Rescind:Issuer"] = "http://127.0.0.1:7080/auth";
        builder.Configuration["Rescind:Development"] = "true";
        builder.Configuration["Rescind:Data"] = folder;
        builder.Services.AddRescindAuthority();
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();
        builder.Services.AddDbContext<CustomerDb>(db => db.UseSqlite($"Data Source={Path.Combine(folder, "customers.db")}"));
        builder.Services.AddDbContext<EmployeeDb>(db => db.UseSqlite($"Data Source={Path.Combine(folder, "employees.db")}"));
        builder.Services.AddIdentityCore<Customer>()
            .AddRoles<CustomerRole>().AddEntityFrameworkStores<CustomerDb>().AddDefaultTokenProviders().AddRescind(customers);
        builder.Services.AddIdentityCore<Employee>()
            .AddRoles<EmployeeRole>().AddEntityFrameworkStores<EmployeeDb>().AddDefaultTokenProviders().AddRescind(employees);
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapRescind("/auth");
        return app;
    }
}
