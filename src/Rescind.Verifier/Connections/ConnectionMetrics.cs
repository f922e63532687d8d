using System.Diagnostics.Metrics;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Connections;

/// <summary>What the verifier's meter shows of live connections. Tags come from fixed small sets.</summary>
internal static class ConnectionMetrics
{
    public static void Create(IMeterFactory factory, LiveConnections connections)
    {
        var meter = factory.Create(VerifierMetrics.MeterName);
        meter.CreateObservableGauge(
            "rescind.connections.live", () => connections.Live.Select(one => Of(one.Count, KindTag(one.Kind))), "{connection}",
            "Live connections watched, by kind.");
        meter.CreateObservableCounter(
            "rescind.connections.closed",
            () => connections.Closed.Select(one => Of(one.Count, KindTag(one.Kind), new("rescind.connection.code", one.Code))), "{connection}",
            "Live connections closed by the verifier, by kind and code.");
    }

    private static KeyValuePair<string, object?> KindTag(string kind) => new("rescind.connection.kind", kind);

    private static Measurement<long> Of(long count, params ReadOnlySpan<KeyValuePair<string, object?>> tags) => new(count, tags);
}
