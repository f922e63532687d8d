using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Rescind.Authority.Canaries;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Keys;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Authority;

/// <summary>
/// What the meter <c>Rescind.Authority</c> shows of how the Authority stands; nothing before it has started. Read when somebody
/// collects, from memory alone: how often that is costs the store nothing.
/// </summary>
internal sealed class AuthorityGauges(
    IServiceProvider services, AuthorityMetrics metrics, StartupState startup, TimeProvider time) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        ObserveVerifiers(metrics.Meter);
        ObserveLog(metrics.Meter);
        metrics.Meter.CreateObservableGauge(
            "rescind.key.age", () => OnceStarted(KeyAge), "s", "For how long the active signing key has been active.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void ObserveVerifiers(Meter meter)
    {
        meter.CreateObservableGauge(
            "rescind.verifiers", VerifiersByState, "{verifier}",
            "Verifiers that follow this node, or did within the hour, by state: live, late or gone.");
        meter.CreateObservableGauge(
            "rescind.canary.verifiers", CanariesByState, "{verifier}",
            "Verifiers that take canaries, by what those show: green, red or unproved.");
        meter.CreateObservableGauge(
            "rescind.verifier.uncounted", () => OnceStarted(Get<VerifierRegistry>().CountUncounted), "{verifier}",
            "Verifiers past the share of their client: served, and in no receipt.");
        meter.CreateObservableGauge(
            "rescind.verifier.age", () => OnceStarted(() => Counts.Oldest.TotalSeconds), "s",
            "How long ago the last answer left for the oldest of the verifiers that are live or late.");
    }

    private void ObserveLog(Meter meter)
    {
        meter.CreateObservableGauge(
            "rescind.log.head", () => OnceStarted(() => Get<CommittedLog>().Tail.Head.Position.Value), "{position}",
            "The newest position of the log, which orders and never dates.");
        meter.CreateObservableCounter(
            "rescind.log.appended", () => OnceStarted(() => Get<CommittedLog>().Appended), "{entry}",
            "Entries of the log that came since the start, whichever node appended them.");
        meter.CreateObservableGauge(
            "rescind.log.live", () => OnceStarted(() => Get<CommittedLog>().Replica.Count), "{entry}",
            "Matches that are remembered: what a snapshot holds and every verifier keeps.");
        meter.CreateObservableGauge(
            "rescind.log.age", () => OnceStarted(() => Get<LogFollower>().Age.TotalSeconds), "s",
            "How old what this node knows of the log is at most; 0 where no other process can write.");
        meter.CreateObservableGauge(
            "rescind.store.size", StoreSize, "By", "The files of the embedded database. Nothing for another store.");
    }

    private VerifierCounts Counts => Get<VerifierRegistry>().CountByState();

    private IEnumerable<Measurement<int>> VerifiersByState()
    {
        if (!startup.IsStarted)
        {
            return [];
        }

        var counts = Counts;
        return [Of(counts.Live, "live"), Of(counts.Late, "late"), Of(counts.Gone, "gone")];

        static Measurement<int> Of(int count, string state) =>
            new(count, new KeyValuePair<string, object?>("rescind.state", state));
    }

    private IEnumerable<Measurement<int>> CanariesByState() => startup.IsStarted
        ? Get<CanaryWatch>().Count().Select(static one => new Measurement<int>(
            one.Value, new KeyValuePair<string, object?>("rescind.state", CanaryLights.WordOf(one.Key))))
        : [];

    private IEnumerable<Measurement<long>> StoreSize() =>
        startup.IsStarted && services.GetService<SqliteStore>() is { } sqlite ? [new(sqlite.Size)] : [];

    private double KeyAge()
    {
        var active = Get<KeyRing>().Active.Row;
        return Math.Max(0, time.GetUtcNow().ToUnixTimeSeconds() - (active.ActiveFrom ?? active.CreatedAt));
    }

    private IEnumerable<Measurement<T>> OnceStarted<T>(Func<T> value)
        where T : struct => startup.IsStarted ? [new(value())] : [];

    private T Get<T>()
        where T : notnull => services.GetRequiredService<T>();
}
