using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// How many connections verifiers have closed since this start, by their own word: each says with its polls how many it
/// has closed since its own, to whichever node. Not safe for concurrent use: <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class ClosedConnections
{
    private readonly Dictionary<(string ClientId, string Instance), Word> _words = [];

    public long Total { get; private set; }

    /// <summary>How many since <see cref="Total"/> was <paramref name="before"/>; null if nobody has watched any.</summary>
    public long? Since(long before) => Total - before is var closed && (_words.Count > 0 || closed > 0) ? closed : null;

    /// <summary>
    /// A verifier says so here, in place of what it said before; null is one that watches nothing. One that says less than
    /// before has begun anew.
    /// </summary>
    public void Hear((string ClientId, string Instance) key, ConnectionCounts? counts)
    {
        if (counts is null)
        {
            Forget(key);
            return;
        }

        var known = _words.GetValueOrDefault(key);
        Total += counts.Closed >= known.Closed ? counts.Closed - known.Closed : counts.Closed;
        _words[key] = known with { Closed = counts.Closed, IsHere = true };
    }

    /// <summary>
    /// All that is saved of verifiers, by whichever node. A row that says less than what is known is older than that.
    /// </summary>
    public void HearRows(IEnumerable<StoredVerifier> rows)
    {
        var gone = _words.Where(static one => one.Value.IsSaved).Select(static one => one.Key).ToHashSet();
        foreach (var row in rows)
        {
            if (row.Connections is { } counts)
            {
                var key = (row.ClientId, row.Instance);
                gone.Remove(key);
                var known = _words.GetValueOrDefault(key);
                var closed = Math.Max(known.Closed, counts.Closed);
                Total += closed - known.Closed;
                _words[key] = known with { Closed = closed, IsSaved = true };
            }
        }

        foreach (var key in gone)
        {
            Keep(key, _words[key] with { IsSaved = false });
        }
    }

    /// <summary>One is not remembered here any more.</summary>
    public void Forget((string ClientId, string Instance) key)
    {
        if (_words.TryGetValue(key, out var known))
        {
            Keep(key, known with { IsHere = false });
        }
    }

    private void Keep((string ClientId, string Instance) key, Word word)
    {
        if (word.IsHere || word.IsSaved)
        {
            _words[key] = word;
        }
        else
        {
            _words.Remove(key);
        }
    }

    private readonly record struct Word(long Closed, bool IsHere, bool IsSaved);
}
