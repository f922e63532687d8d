using System.Diagnostics.Metrics;

namespace Rescind.Authority.Diagnostics;

/// <summary>
/// The meter <c>Rescind.Authority</c>. Names follow https://opentelemetry.io/docs/specs/semconv/general/metrics/.
/// Attributes come from fixed small sets: never a token, a subject, a session or a client.
/// </summary>
internal sealed class AuthorityMetrics : IDisposable
{
    public const string MeterName = "Rescind.Authority";

    private const string Outcome = "rescind.outcome";

    // From a disk that writes at once to one that hardly does.
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<int> Sizes = new()
    {
        HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256],
    };

    private readonly Counter<long> _revocations;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _starts;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _answers;
    private readonly Histogram<double> _commits;
    private readonly Histogram<int> _batches;
    private readonly Histogram<double> _canaries;

    public AuthorityMetrics(IMeterFactory factory)
    {
        Meter = factory.Create(MeterName);
        _revocations = Meter.CreateCounter<long>(
            "rescind.revocations", "{revocation}", "Revocations that were acknowledged, by match and effect.");
        _refreshes = Meter.CreateCounter<long>("rescind.refreshes", "{refresh}", "Refreshes of sessions, by outcome.");
        _starts = Meter.CreateCounter<long>("rescind.session.starts", "{session}", "Starts of sessions, by outcome.");
        _refusals = Meter.CreateCounter<long>(
            "rescind.refusals", "{request}", "Requests that were answered with an error, by its code.");
        _answers = Meter.CreateCounter<long>("rescind.feed.answers", "{answer}", "Answers to polls of the feed, by outcome.");
        _commits = Meter.CreateHistogram(
            "rescind.store.commit.duration", "s", "How long a transaction of the store took, by outcome.", advice: Durations);
        _batches = Meter.CreateHistogram(
            "rescind.store.commit.size", "{change}", "How many changes shared a transaction.", advice: Sizes);
        _canaries = Meter.CreateHistogram(
            "rescind.canary.refusal.duration", "s",
            "How long after a canary was revoked a verifier said that it refuses it.", advice: Durations);
    }

    /// <summary>For what others observe in it.</summary>
    public Meter Meter { get; }

    /// <summary>Shows how many changes wait for the store.</summary>
    public void ObserveQueue(Func<int> count) => Meter.CreateObservableGauge(
        "rescind.store.queue", count, "{change}", "Changes that wait for the store.");

    public void Revoked(string match, Effect effect) =>
        _revocations.Add(1, new KeyValuePair<string, object?>("rescind.match", match), new("rescind.effect", Word(effect)));

    public void RefreshDone(string outcome) => _refreshes.Add(1, new KeyValuePair<string, object?>(Outcome, outcome));

    public void Started(string outcome) => _starts.Add(1, new KeyValuePair<string, object?>(Outcome, outcome));

    /// <summary>Counts an answer that is an error: its code, or the word of OAuth where only that has one.</summary>
    public void Refused(string code) => _refusals.Add(1, new KeyValuePair<string, object?>("error.type", code));

    public void Polled(string outcome) => _answers.Add(1, new KeyValuePair<string, object?>(Outcome, outcome));

    /// <summary>Counts a transaction of the store with so many changes.</summary>
    public void Committed(TimeSpan duration, int changes, bool isDurable)
    {
        _commits.Record(duration.TotalSeconds, new KeyValuePair<string, object?>(Outcome, isDurable ? "durable" : "failed"));
        _batches.Record(changes);
    }

    /// <summary>A verifier refuses a canary, and took so long.</summary>
    public void CanaryRefused(TimeSpan took) => _canaries.Record(took.TotalSeconds);

    public void Dispose() => Meter.Dispose();

    private static string Word(Effect effect) => effect switch
    {
        Effect.End => "end",
        Effect.Renew => "renew",
        Effect.Reauthenticate => "reauthenticate",
        _ => "block",
    };
}
