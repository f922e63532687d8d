using System.Diagnostics.Metrics;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>
/// Logouts in the meter <c>Rescind.Authority</c>. Names follow https://opentelemetry.io/docs/specs/semconv/general/metrics/.
/// Tags come from fixed small sets: never a subject, a session or a client.
/// </summary>
internal sealed class LogoutMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _failures;

    public LogoutMetrics(IMeterFactory factory)
    {
        _meter = factory.Create(AuthorityMetrics.MeterName);
        _settled = _meter.CreateCounter<long>(
            "rescind.logouts", "{logout}", "Logouts that clients were to be told of, by outcome.");
        _failures = _meter.CreateCounter<long>("rescind.logout.failures", "{turn}", "Turns in which a client could not be told.");
    }

    public void Settled(LogoutResult result) =>
        _settled.Add(1, new KeyValuePair<string, object?>("rescind.outcome", Name(result)));

    public void Failed() => _failures.Add(1);

    public void Dispose() => _meter.Dispose();

    private static string Name(LogoutResult result) => result switch
    {
        LogoutResult.Delivered => "delivered",
        LogoutResult.Refused => "refused",
        LogoutResult.Dropped => "dropped",
        _ => "undelivered",
    };
}
