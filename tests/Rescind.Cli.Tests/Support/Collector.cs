using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Rescind.Conformance.Support;

namespace Rescind.Cli.Tests.Support;

/// <summary>Takes what OpenTelemetry exports by http/protobuf, and keeps it as it came.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly HttpListener _listener = new();
    private readonly ConcurrentQueue<(string Path, string Text)> _received = new();
    private readonly Task _running;

    public Collector()
    {
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _running = RunAsync();
    }

    public string Url { get; } = FreeUrl.Next();

    /// <summary>The variables of a process that is to send here, soon.</summary>
    public (string Name, string Value)[] Settings =>
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", Url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "500"), ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
    ];

    /// <summary>Everything of one kind: <c>traces</c>, <c>metrics</c> or <c>logs</c>. Texts in it are readable.</summary>
    public string Of(string kind) =>
        string.Concat(_received.Where(one => one.Path == $"/v1/{kind}").Select(static one => one.Text));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _running;
        _listener.Close();
    }

    private async Task RunAsync()
    {
        while (_listener.IsListening)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                _received.Enqueue((context.Request.Url!.AbsolutePath, Encoding.UTF8.GetString(body.ToArray())));
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                // Stopped.
            }
        }
    }
}
