using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Authority.Endpoints;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: the store is open, the keys are there, and the log can be read.</summary>
internal static class HealthEndpoint
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", (Delegate)Live).AllowAnyone().Describe(new("Whether the process answers."))
            .WithMetadata(new ServedBeforeStart(), new YieldsToTheApplication());
        routes.MapGet("/health/ready", (Delegate)Ready).AllowAnyone().Describe(new("Whether it has started."))
            .WithMetadata(new ServedBeforeStart(), new YieldsToTheApplication());
    }

    private static IResult Live() => Results.Text("live");

    private static IResult Ready(HttpContext context) => context.RequestServices.GetRequiredService<Started>().IsStarted
        ? Results.Text("ready")
        : Failures.NotStarted();
}
