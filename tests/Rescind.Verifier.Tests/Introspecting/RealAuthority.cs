using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier.Tests.Support;

namespace Rescind.Verifier.Tests.Introspecting;

/// <summary>An API that follows and asks a real Authority.</summary>
internal static class RealAuthority
{
    public static Task<Api> AskedByAsync(EmbeddedApp app) => Api.StartAsync(new()
    {
        Freshness = TimeSpan.FromSeconds(1),
        Schemes = static schemes => schemes.AddRescind(static options => options.WhenStale = StaleAction.Introspect),
        Configuration = new()
        {
            ["Rescind:Authority"] = app.Url + "/auth",
            ["Rescind:Audience"] = app.Url + "/auth",
            ["Rescind:MaxStaleness"] = "00:00:02",
            ["Rescind:ClientId"] = "admin", ["Rescind:ClientSecret"] = app.AdminSecret,
        },
        Routes = static routes => routes.MapGet("/sure", static () => "in").RequireAuthorization().RequireIntrospection(),
    });
}
