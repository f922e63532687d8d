using System.Diagnostics.Metrics;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Connections;

/// <summary>What the verifier's meter shows of live connections. Tags come from fixed small sets.</summary>
internal static class ConnectionMetrics
{
    public static void Create(IMeterFactory factory, IReadOnlyList<LiveConnections> all)
    {
        var meter = factory.Create(VerifierMetrics.MeterName);
        meter.CreateObservableGauge(
            "rescind.connections.live", () => LiveOf(all), "{connection}",
            "Live connections watched, by kind.");
        meter.CreateObservableCounter(
            "rescind.connections.closed",
            () => ClosedOf(all), "{connection}",
            "Live connections closed by the verifier, by kind and code.");
    }

    // One measurement for each kind: the schemes of an app are added up.
    private static IEnumerable<Measurement<long>> LiveOf(IReadOnlyList<LiveConnections> all) =>
        from one in all.SelectMany(static connections => connections.Live)
        group one.Count by one.Kind into kind
        select Of(kind.Sum(), KindTag(kind.Key));

    private static IEnumerable<Measurement<long>> ClosedOf(IReadOnlyList<LiveConnections> all) =>
        from one in all.SelectMany(static connections => connections.Closed)
        group one.Count by (one.Kind, one.Code) into close
        select Of(close.Sum(), KindTag(close.Key.Kind), new("rescind.connection.code", close.Key.Code));

    private static KeyValuePair<string, object?> KindTag(string kind) => new("rescind.connection.kind", kind);

    private static Measurement<long> Of(long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(count, tags);
}
