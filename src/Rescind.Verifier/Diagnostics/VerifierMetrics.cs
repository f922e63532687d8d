using System.Diagnostics.Metrics;

namespace Rescind.Verifier.Diagnostics;

/// <summary>
/// The meter <c>Rescind.Verifier</c>. Names follow https://opentelemetry.io/docs/specs/semconv/general/metrics/. Tags come from
/// fixed small sets: never a subject, a session or a token's id.
/// </summary>
internal sealed class VerifierMetrics : IDisposable
{
    public const string MeterName = "Rescind.Verifier";

    private readonly Meter _meter;
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _polls;
    private readonly Counter<long> _introspections;

    public VerifierMetrics(IMeterFactory factory, VerifierStatus status)
    {
        _meter = factory.Create(MeterName);
        _verdicts = _meter.CreateCounter<long>("rescind.verdicts", "{verdict}", "Tokens judged, by verdict.");
        _polls = _meter.CreateCounter<long>("rescind.feed.polls", "{poll}", "Polls of the feed, by outcome.");
        _introspections = _meter.CreateCounter<long>(
            "rescind.introspections", "{introspection}", "Questions to the Authority about one token, by outcome.");
        _meter.CreateObservableGauge(
            "rescind.replica.age", () => Known(status.Age), "s", "How old the last proof of being current is; nothing before the first.");
        _meter.CreateObservableGauge("rescind.replica.entries", () => status.Entries, "{entry}", "Matches held.");
        _meter.CreateObservableGauge("rescind.replica.forks", () => status.Forks, "{log}", "Older logs judged beside the present one.");
        _meter.CreateObservableGauge("rescind.replica.received", () => status.Received.Value, "us", "The newest position received.");
        _meter.CreateObservableGauge("rescind.replica.applied", () => status.Position.Value, "us", "The newest position applied.");
    }

    public void Judged(VerdictKind verdict) => _verdicts.Add(1, new KeyValuePair<string, object?>("rescind.verdict", Name(verdict)));

    public void Polled(string outcome) => _polls.Add(1, new KeyValuePair<string, object?>("rescind.outcome", outcome));

    public void Introspected(string outcome) => _introspections.Add(1, new KeyValuePair<string, object?>("rescind.outcome", outcome));

    public void Dispose() => _meter.Dispose();

    private static IEnumerable<Measurement<double>> Known(TimeSpan age) =>
        age == TimeSpan.MaxValue ? [] : [new Measurement<double>(age.TotalSeconds)];

    private static string Name(VerdictKind verdict) => verdict switch
    {
        VerdictKind.Valid => "valid",
        VerdictKind.Revoked => "revoked",
        VerdictKind.Renew => "renew",
        VerdictKind.Reauthenticate => "reauthenticate",
        VerdictKind.Expired => "expired",
        VerdictKind.Unknown => "unknown",
        _ => "invalid",
    };
}
