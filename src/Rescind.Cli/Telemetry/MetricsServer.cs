using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;

namespace Rescind.Cli.Telemetry;

/// <summary>
/// Serves <c>/metrics</c> to Prometheus at an address of its own, and nothing else there: no route of the Authority can be
/// reached by it, and no credentials are asked for. Who may read is who can reach the address.
/// </summary>
internal sealed class MetricsServer(IServiceProvider services, string url) : IHostedService, IAsyncDisposable
{
    private const int MostConnections = 64;

    private WebApplication? _app;

    /// <summary>The address as Kestrel takes it; throws <see cref="VerbFailure"/> for one that it does not.</summary>
    public static string AddressOf(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url is { Scheme: "http", PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? url.GetLeftPart(UriPartial.Authority)
            : throw new VerbFailure(
                ExitCode.Usage, $"{ProgramTelemetry.MetricsUrlKey} must be an http URL without a path.",
                next: "For instance http://127.0.0.1:9464; Prometheus reads /metrics there.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // Empty: nothing that is configured for the Authority reaches this server.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls(url).ConfigureKestrel(static (KestrelServerOptions kestrel) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 0;
            kestrel.Limits.MaxConcurrentConnections = MostConnections;
        });
        _app = builder.Build();
        _app.UseOpenTelemetryPrometheusScrapingEndpoint(
            services.GetRequiredService<MeterProvider>(), null, "/metrics", configureBranchedPipeline: null, optionsName: null);
        await _app.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}
