using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Tests.Support;

/// <summary>What the meter of one Authority has counted since, and shows when it is asked.</summary>
internal sealed class Counts : IDisposable
{
    private readonly ConcurrentQueue<Measured> _measured = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();
    private readonly MeterListener _listener = new();

    // Every Authority of this process has such a meter; its factory tells whose it is.
    public Counts(AuthorityHost authority)
    {
        var factory = authority.Get<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == AuthorityMetrics.MeterName && instrument.Meter.Scope == factory)
            {
                _instruments.Enqueue(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        Note<int>();
        Note<long>();
        Note<double>();
        _listener.Start();
    }

    public IEnumerable<Instrument> Instruments => _instruments;

    /// <summary>Everything that was measured, as <c>name{attribute=value}</c> without the number.</summary>
    public IEnumerable<Measured> All => _measured;

    /// <summary>The attributes of each count of an instrument, in order.</summary>
    public IEnumerable<string> Of(string name) =>
        _measured.Where(one => one.Name == name).Select(one => one.Attributes).Order(StringComparer.Ordinal);

    /// <summary>What an instrument shows now.</summary>
    public IReadOnlyDictionary<string, double> Observe(string name)
    {
        _measured.Clear();
        _listener.RecordObservableInstruments();
        return _measured.Where(one => one.Name == name).ToDictionary(static one => one.Attributes, static one => one.Value);
    }

    public void Dispose() => _listener.Dispose();

    private void Note<T>()
        where T : struct => _listener.SetMeasurementEventCallback<T>((instrument, value, tags, _) =>
        {
            List<string> attributes = [];
            foreach (var (key, tag) in tags)
            {
                attributes.Add($"{key}={tag}");
            }

            _measured.Enqueue(new(
                instrument.Name, string.Join(' ', attributes), Convert.ToDouble(value, CultureInfo.InvariantCulture)));
        });
}

internal sealed record Measured(string Name, string Attributes, double Value);
