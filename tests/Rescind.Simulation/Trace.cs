using System.Globalization;

namespace Rescind.Simulation;

/// <summary>What happened: the last of it to read, all of it to compare. Nothing in it differs between runs of a seed.</summary>
internal sealed class Trace
{
    private const int Kept = 60;

    private readonly Queue<string> _last = [];

    /// <summary>What happened how often: a run that never reaches a state proves nothing about it.</summary>
    public SortedDictionary<string, int> Seen { get; } = new(StringComparer.Ordinal);

    public IEnumerable<string> Last => _last;

    /// <summary>A digest of everything that was ever added.</summary>
    public ulong Digest { get; private set; } = 14695981039346656037;

    public void Add(TimeSpan now, string kind, string what)
    {
        Count(kind);
        var line = string.Create(CultureInfo.InvariantCulture, $"{now.TotalSeconds,10:0.000} {kind} {what}");
        _last.Enqueue(line);
        if (_last.Count > Kept)
        {
            _last.Dequeue();
        }

        // FNV-1a.
        foreach (var c in line)
        {
            Digest = (Digest ^ c) * 1099511628211;
        }
    }

    public void Count(string kind) => Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
}
