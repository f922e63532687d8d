using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rescind.Verifier.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verifier among an app's health checks.</summary>
public static class RescindHealthExtensions
{
    private static readonly Func<IServiceProvider, IHealthCheck> Factory =
        ActivatorUtilities.GetServiceOrCreateInstance<ReplicaHealthCheck>;

    /// <summary>
    /// Adds the check <c>rescind</c>, tagged <c>ready</c>: healthy while the replica is fresh, degraded above half of
    /// its bound, unhealthy when it is stale, not ready or too old for the log. It reads memory alone, and never fails.
    /// Its data are <c>age_ms</c> (-1 without a proof of being current), <c>bound_ms</c>, <c>epoch</c>,
    /// <c>position</c>, <c>entries</c>, <c>forks</c> and <c>trouble</c>; never a secret. It covers every scheme and
    /// Authority of the app, and shows the worst. Needs <c>AddRescind</c> or <c>AddRevocation</c> on the app's
    /// authentication. A second call changes nothing.
    /// </summary>
    public static IHealthChecksBuilder AddRescind(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<HealthCheckServiceOptions>(static checks =>
        {
            if (checks.Registrations.All(static check => check.Factory != Factory))
            {
                checks.Registrations.Add(new("rescind", Factory, HealthStatus.Unhealthy, ["ready"]));
            }
        });
        return builder;
    }
}
