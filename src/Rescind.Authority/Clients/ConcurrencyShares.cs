namespace Rescind.Authority.Clients;

/// <summary>
/// How many calls of one kind are under way at once, divided among their callers. A caller alone gets <c>most</c>; all
/// together get twice that, and each newcomer may take half of what is left: whoever takes all that it can leaves room
/// for the others. Safe for concurrent use.
/// </summary>
internal sealed class ConcurrencyShares(int most)
{
    // Protects the counts. A caller without a call under way has no entry.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _held = new(StringComparer.Ordinal);
    private int _total;

    /// <summary>
    /// Counts one call of <paramref name="caller"/>; false, and nothing counted, if that would be more than its share.
    /// </summary>
    public bool TryEnter(string caller)
    {
        lock (_lock)
        {
            var held = _held.GetValueOrDefault(caller);
            if (held >= Math.Min(most, (2L * most) - _total))
            {
                return false;
            }

            _held[caller] = held + 1;
            _total++;
            return true;
        }
    }

    /// <summary>Takes back what <see cref="TryEnter"/> has counted.</summary>
    public void Leave(string caller)
    {
        lock (_lock)
        {
            _total--;
            if (--_held[caller] == 0)
            {
                _held.Remove(caller);
            }
        }
    }
}
