using System.Security.Claims;
using Rescind.Authority.Revoking;
using Rescind.Authority.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
builder.Services.AddAuthentication().AddRescind();          // same process: the replica follows the log directly
builder.Services.AddAuthorization();

var app = builder.Build();
app.MapRescind("/auth");                                    // token, revoke, keys, metadata, feed

// Your own user store goes here; Rescind has none and never sees a password.
app.MapPost("/login", async (Login login, ISessions sessions) =>
    login is { User: "alice", Password: "wonderland" } ? Results.Ok(await sessions.StartAsync(login.User)) : Results.Unauthorized());

app.MapGet("/me", (ClaimsPrincipal user) => new { name = user.FindFirstValue("sub") }).RequireAuthorization();

app.MapPost("/logout", async (ClaimsPrincipal user, IRevocations revocations) =>
{
    await revocations.RevokeAsync(Match.Session(user.FindFirstValue("sid")!), "signed out");    // durable when it returns: the token is dead
    return Results.NoContent();
}).RequireAuthorization();

app.Run();

internal sealed record Login(string User, string Password);
