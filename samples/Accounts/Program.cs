using System.Security.Claims;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Rescind.AspNetCore.Identity;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddDbContext<AccountsDb>(db => db.UseSqlite("Data Source=accounts.db"));
builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
builder.Services.AddAuthentication().AddRescind();
builder.Services.AddAuthorizationBuilder().AddPolicy("admin", policy => policy.RequireRole("admin"));
builder.Services.AddIdentityCore<IdentityUser>()
    .AddRoles<IdentityRole>()
    .AddEntityFrameworkStores<AccountsDb>()
    .AddRescind(revoke => revoke.SingleSession = SingleSession.Off);    // whatever Identity changes is revoked from here on

var app = builder.Build();
app.MapRescind("/auth");

app.MapPost("/register", async (Login login, UserManager<IdentityUser> users) =>
    (await users.CreateAsync(new IdentityUser(login.User), login.Password)).Succeeded ? Results.Created() : Results.BadRequest());

app.MapPost("/login", async (Login login, UserManager<IdentityUser> users, IUserSessions<IdentityUser> sessions) =>
{
    if (await users.FindByNameAsync(login.User) is not { } user || await users.IsLockedOutAsync(user))
    {
        return Results.Unauthorized();
    }

    if (!await users.CheckPasswordAsync(user, login.Password))
    {
        await users.AccessFailedAsync(user);
        return Results.Unauthorized();
    }

    return Results.Ok(await sessions.StartAsync(user));
});

// Ends the person's other devices, and keeps this one.
app.MapPost("/password", async (NewPassword change, ClaimsPrincipal caller, UserManager<IdentityUser> users) =>
{
    var user = await users.FindByIdAsync(caller.Subject!);
    return (await users.ChangePasswordAsync(user!, change.Old, change.New)).Succeeded
        ? Results.NoContent()
        : Results.BadRequest();
}).RequireAuthorization();

app.MapGet("/me", (ClaimsPrincipal caller) => new { id = caller.Subject }).RequireAuthorization();
app.MapGet("/admin", () => "all accounts").RequireAuthorization("admin");

await using (var scope = app.Services.CreateAsyncScope())
{
    await scope.ServiceProvider.GetRequiredService<AccountsDb>().Database.EnsureCreatedAsync();
}

app.Run();

internal sealed record Login(string User, string Password);

internal sealed record NewPassword(string Old, string New);

internal sealed class AccountsDb(DbContextOptions<AccountsDb> options) : IdentityDbContext(options);
