using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Feeding;

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

    private static IResult Ready(HttpContext context)
    {
        if (!context.RequestServices.GetRequiredService<Started>().IsStarted)
        {
            return Failures.NotStarted();
        }

        // Ready all the same: nobody else has less for it. Anybody may ask, so no client is named.
        var past = context.RequestServices.GetRequiredService<Verifiers>().Shares.Count(share => share.Uncounted > 0);
        return Results.Text(past == 0 ? "ready" : $"ready\n{past} past the share of verifiers (RSC2204): see GET /v1/verifiers");
    }
}
