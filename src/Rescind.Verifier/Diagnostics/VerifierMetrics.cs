using System.Collections.Concurrent;
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
    private readonly ConcurrentQueue<(KeyValuePair<string, object?> Schemes, VerifierStatus Status)> _watched = [];
    private readonly Counter<long> _verdicts;
    private readonly Counter<long> _polls;
    private readonly Counter<long> _introspections;

    public VerifierMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(MeterName);
        _verdicts = _meter.CreateCounter<long>("rescind.verdicts", "{verdict}", "Tokens judged, by verdict.");
        _polls = _meter.CreateCounter<long>("rescind.feed.polls", "{poll}", "Polls of the feed, by outcome.");
        _introspections = _meter.CreateCounter<long>(
            "rescind.introspections", "{introspection}", "Questions to the Authority about one token, by outcome.");
        _meter.CreateObservableGauge(
            "rescind.replica.age", Ages, "s", "How old the last proof of being current is; nothing before the first.");
        _meter.CreateObservableGauge(
            "rescind.replica.entries",
            () => Each(static status => status.Entries),
            "{entry}",
            "Matches that the replica holds.");
        _meter.CreateObservableGauge(
            "rescind.replica.size",
            () => Each(static status => status.Bytes),
            "By",
            "Memory that the matches of the replica take.");
        _meter.CreateObservableGauge(
            "rescind.replica.forks",
            () => Each(static status => status.Forks),
            "{log}",
            "Older logs judged beside the present one.");
        _meter.CreateObservableGauge(
            "rescind.replica.too_old",
            () => Each(static status => status.NeedsUpgrade ? 1 : 0),
            "{verifier}",
            "1 while the log holds what this version does not know.");
        _meter.CreateObservableGauge(
            "rescind.replica.received",
            () => Each(static status => status.Received.Value),
            "{position}",
            "The newest position received.");
        _meter.CreateObservableGauge(
            "rescind.replica.applied",
            () => Each(static status => status.Position.Value),
            "{position}",
            "The newest position applied.");
    }

    public void Judged(VerdictKind verdict) =>
        _verdicts.Add(1, new KeyValuePair<string, object?>("rescind.verdict", Name(verdict)));

    public void Polled(string outcome) => _polls.Add(1, new KeyValuePair<string, object?>("rescind.outcome", outcome));

    public void Introspected(string outcome) =>
        _introspections.Add(1, new KeyValuePair<string, object?>("rescind.outcome", outcome));

    public void Dispose() => _meter.Dispose();

    /// <summary>Shows the replica that <paramref name="schemes"/> judge by.</summary>
    public void Watch(string schemes, VerifierStatus status) => _watched.Enqueue((new("rescind.schemes", schemes), status));

    private IEnumerable<Measurement<double>> Ages() =>
        from watched in _watched
        let age = watched.Status.Age
        where age != TimeSpan.MaxValue
        select Of(age.TotalSeconds, watched.Schemes);

    private IEnumerable<Measurement<T>> Each<T>(Func<VerifierStatus, T> value)
        where T : struct =>
        _watched.Select(watched => Of(value(watched.Status), watched.Schemes));

    // Of several Authorities each has a measurement of its own.
    private Measurement<T> Of<T>(T value, KeyValuePair<string, object?> schemes)
        where T : struct =>
        _watched.Count > 1 ? new(value, schemes) : new(value);

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
