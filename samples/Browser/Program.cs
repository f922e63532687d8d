using System.Security.Claims;
using Microsoft.Extensions.FileProviders;
using Rescind.Authority.Sessions;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddRescindAuthority().UseSqlite("rescind.db");
builder.Services.AddAuthentication().AddRescind();
builder.Services.AddAuthorization();

var app = builder.Build();
app.UseDefaultFiles().UseStaticFiles();
var client = new DirectoryInfo(Path.Combine(app.Environment.ContentRootPath, "../../clients/browser/dist"));
if (client.Exists)
{
    app.UseStaticFiles(new StaticFileOptions { RequestPath = "/rescind", FileProvider = new PhysicalFileProvider(client.FullName) });
}

app.MapRescind("/auth");

// The refresh token goes into a cookie that no script reads; the page gets an access token for its memory.
app.MapPost("/login", async (Login login, HttpContext context, ISessions sessions) =>
    login is { User: "alice", Password: "wonderland" }
        ? Results.Ok(context.KeepInCookie(await sessions.StartAsync(login.User)))
        : Results.Unauthorized());

app.MapGet("/orders", (ClaimsPrincipal user) => new[] { $"a rabbit hole for {user.Subject}" }).RequireAuthorization();

app.Run();

internal sealed record Login(string User, string Password);
