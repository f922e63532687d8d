using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Rescind.Comparison.Parts;

namespace Rescind.Comparison.Ways;

/// <summary>No JWT: a cookie names a session that the server keeps, and every request fetches it.</summary>
internal sealed class ServerSessions(PartSettings settings) : Way(settings)
{
    private const string Scheme = CookieAuthenticationDefaults.AuthenticationScheme;
    private readonly SqliteTickets _tickets = new(settings.Folder, settings.Calls);

    public override string File => _tickets.File;

    public override void Add(WebApplicationBuilder builder)
    {
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddAuthentication(Scheme).AddCookie(options =>
        {
            options.SessionStore = _tickets;
            options.Events.OnRedirectToLogin = static context =>
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return Task.CompletedTask;
            };
        });
    }

    public override async Task<Credential> LogInAsync(HttpContext context, string user, string device)
    {
        await context.SignInAsync(new ClaimsPrincipal(NewLogin(user)));
        var cookie = context.Response.Headers.SetCookie[0]!.Split(';')[0];
        return new("Cookie", cookie);
    }

    public override async Task<LoggedOut> LogOutAsync(HttpContext context, LogOut reach)
    {
        var (user, session) = (context.User.FindFirstValue("sub")!, context.User.FindFirstValue("sid")!);
        await (reach switch
        {
            LogOut.One => context.SignOutAsync(),
            LogOut.All => _tickets.RemoveAllAsync(user, except: ""),
            _ => _tickets.RemoveAllAsync(user, except: session),
        });
        return LoggedOut.Yes;
    }

    public override async Task OpenAsync(IServiceProvider services)
    {
        await _tickets.OpenAsync();
        await _tickets.FillAsync(Enumerable.Range(0, Settings.Users).Select(i =>
            new AuthenticationTicket(new ClaimsPrincipal(NewLogin($"filled-{i}")), Scheme)));
    }

    public override Task<long> StoreBytesAsync(IServiceProvider services) => _tickets.BytesAsync();

    private static ClaimsIdentity NewLogin(string user) =>
        new([new("sub", user), new("sid", Entropy.System.NextId())], Scheme, "sub", "role");
}
