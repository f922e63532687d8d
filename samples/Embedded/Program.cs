using System.Security.Claims;
using Rescind.Authority.Revocations;
using Rescind.Authority.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
builder.Services.AddAuthentication().AddRescind();          // same process: the replica follows the log directly
builder.Services.AddAuthorization();

var app = builder.Build();
app.MapRescind("/auth");                                    // token, revoke, introspect, keys, metadata, feed

// Your own user store goes here; Rescind has none and never sees a password.
app.MapPost("/login", async (Login login, ISessions sessions) =>
    login is { User: "alice", Password: "wonderland" }
        ? Results.Ok(await sessions.StartAsync(login.User))
        : Results.Unauthorized());

app.MapGet("/me", (ClaimsPrincipal user) => new { name = user.Subject }).RequireAuthorization();

// Durable when it returns, and in force here and at every API that answers within two seconds; the others refuse by themselves.
app.MapPost("/logout", async (ClaimsPrincipal user, IRevocations revocations) =>
{
    await revocations.RevokeAndWaitAsync(Match.Session(user.SessionId!), "signed out", TimeSpan.FromSeconds(2));
    return Results.NoContent();
}).RequireAuthorization();

app.Run();

internal sealed record Login(string User, string Password);
