namespace Rescind.Client.Requests;

/// <summary>
/// APIs that refuse even a token that was just refreshed: set up for another audience, perhaps. Refreshing again for
/// each of their calls would be a loop through the Authority, so their refusals are handed to the caller for a growing
/// while. Safe for concurrent use.
/// </summary>
internal sealed class Refusals(TimeProvider time, Jitter jitter)
{
    // Longer than the longest pause, or the pauses would never grow to it.
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(2);

    // Protects the map, which has at most one entry for each origin of the options, and one for connections.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Count, Pause Pause)> _hosts = [];

    public bool IsPausing(string host)
    {
        lock (_lock)
        {
            return _hosts.TryGetValue(host, out var refusal) && !refusal.Pause.IsOver(time);
        }
    }

    /// <summary>Begins a pause, longer than one that ended a short while ago; leaves one that has not ended.</summary>
    public void Begin(string host)
    {
        lock (_lock)
        {
            var (count, pause) = _hosts.GetValueOrDefault(host);
            if (pause.IsOver(time))
            {
                count = (pause with { Length = pause.Length + Memory }).IsOver(time) ? 1 : count + 1;
                _hosts[host] = (count, Pause.From(time, jitter.PauseAfter(count)));
            }
        }
    }
}
