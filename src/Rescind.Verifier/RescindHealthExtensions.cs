using Microsoft.Extensions.Diagnostics.HealthChecks;
using Rescind.Verifier.Diagnostics;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The verifier among an app's health checks.</summary>
public static class RescindHealthExtensions
{
    /// <summary>
    /// Adds the check <c>rescind</c>, tagged <c>ready</c>: healthy while the replica is fresh, degraded above half of its bound,
    /// unhealthy when it is stale or not ready. Its data names age, position, epoch, entries and forks; never a secret.
    /// </summary>
    public static IHealthChecksBuilder AddRescind(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<ReplicaHealthCheck>("rescind", HealthStatus.Unhealthy, ["ready"]);
    }
}
