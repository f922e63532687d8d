using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Rescind.Verifier.Diagnostics;

/// <summary>
/// Fresh is healthy; late, above half of the bound, is degraded; stale, too old for the log or not ready is unhealthy. Of several
/// Authorities the worst counts.
/// </summary>
internal sealed class ReplicaHealthCheck(SchemeVerifiers verifiers) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(
            verifiers.Followed.Select(static followed => Check(followed.Status)).MinBy(static result => result.Status));

    public static HealthCheckResult Check(VerifierStatus status)
    {
        var age = status.Age;
        var (health, sentence) = status switch
        {
            { NeedsUpgrade: true } => (HealthStatus.Unhealthy, VerifierErrors.TooOld.Sentence()),
            { IsReady: false } => (HealthStatus.Unhealthy, "The replica is not ready."),
            { IsFresh: false } => (HealthStatus.Unhealthy, VerifierErrors.Stale.Sentence()),
            _ when age > status.Bound / 2 => (HealthStatus.Degraded, "The replica is late."),
            _ => (HealthStatus.Healthy, "The replica is fresh."),
        };
        return new(health, sentence, data: Data(status, age));
    }

    private static Dictionary<string, object> Data(VerifierStatus status, TimeSpan age) => new()
    {
        ["age_ms"] = age == TimeSpan.MaxValue ? -1L : (long)age.TotalMilliseconds,
        ["bound_ms"] = (long)status.Bound.TotalMilliseconds,
        ["epoch"] = status.Epoch,
        ["position"] = status.Position.Value,
        ["entries"] = status.Entries,
        ["forks"] = status.Forks,
        ["trouble"] = status.LastError ?? "",
    };
}
