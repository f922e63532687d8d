using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Rescind.Cli.Telemetry;

/// <summary>
/// OpenTelemetry in the program: metrics for Prometheus at an address of their own, and metrics, traces and logs to a collector.
/// Neither unless it is asked for.
/// </summary>
internal static class ProgramTelemetry
{
    /// <summary>Where Prometheus may read; see <see cref="MetricsServer"/>.</summary>
    public const string MetricsUrlKey = "Rescind:MetricsUrl";

    // What the exporter itself reads: https://opentelemetry.io/docs/specs/otel/protocol/exporter/.
    private const string CollectorKey = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Meters =
        ["Rescind.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    // Gauges whose names Prometheus takes for parts of histograms.
    private static readonly string[] Misnamed = ["dotnet.assembly.count", "dotnet.process.cpu.count", "dotnet.timer.count"];

    /// <summary>
    /// Adds what the configuration asks for. Throws <see cref="VerbFailure"/> if <see cref="MetricsUrlKey"/> is no address
    /// that can be listened at.
    /// </summary>
    public static void AddTelemetry(this WebApplicationBuilder builder, string name)
    {
        var url = builder.Configuration[MetricsUrlKey];
        var hasCollector = !string.IsNullOrEmpty(builder.Configuration[CollectorKey]);
        if (string.IsNullOrEmpty(url) && !hasCollector)
        {
            return;
        }

        var telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(name));
        telemetry.WithMetrics(static metrics => metrics.AddMeter(Meters).AddView(static instrument =>
            Misnamed.Contains(instrument.Name, StringComparer.Ordinal) ? MetricStreamConfiguration.Drop : null));
        if (!string.IsNullOrEmpty(url))
        {
            var address = MetricsServer.AddressOf(url);
            telemetry.WithMetrics(static metrics => metrics.AddPrometheusExporter());
            builder.Services.AddHostedService(services => new MetricsServer(services, address));
        }

        if (hasCollector)
        {
            telemetry.WithTracing(static traces => traces.AddSource("Rescind.*").AddAspNetCoreInstrumentation(static requests =>
            {
                requests.Filter = static context => !RequestTraces.IsRoutine(context.Request.Path);
                requests.EnrichWithHttpResponse = static (activity, _) => RequestTraces.LeaveOutNames(activity);
            }));
            telemetry.WithLogging();
            telemetry.UseOtlpExporter();
        }
    }
}
