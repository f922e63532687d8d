using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rescind;

/// <summary>
/// Finds what is kept under tokens, live connections above all, by an entry of the log: from a match to its items, so
/// that a revocation looks at what it names and at nothing else. Finding is no verdict: whoever is found is judged.
/// Safe for concurrent use.
/// </summary>
/// <typeparam name="T">What is kept. Compared by reference or as it defines itself.</typeparam>
public sealed class TokenIndex<T>
    where T : class
{
    private readonly SipKey _key;

    // Protects the map. An item that is in before an entry is looked up is found; one that comes later sees a replica
    // with the entry in it.
    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Bucket> _buckets = [];

    /// <summary>An empty index.</summary>
    public TokenIndex(Entropy entropy)
    {
        ArgumentNullException.ThrowIfNull(entropy);
        _key = SipKey.Random(entropy);
    }

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _buckets.Count == 0;
            }
        }
    }

    /// <summary>Keeps <paramref name="item"/> under every match that names the token.</summary>
    public void Add(TokenFacts facts, T item)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(item);
        var probes = facts.Probes.All(_key);
        lock (_lock)
        {
            foreach (var probe in probes)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(_buckets, probe, out _).Add(item);
            }
        }
    }

    /// <summary>
    /// Forgets <paramref name="item"/> under every match that names the token. Does nothing where it is not kept.
    /// </summary>
    public void Remove(TokenFacts facts, T item)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(item);
        var probes = facts.Probes.All(_key);
        lock (_lock)
        {
            foreach (var probe in probes)
            {
                ref var bucket = ref CollectionsMarshal.GetValueRefOrNullRef(_buckets, probe);
                if (!Unsafe.IsNullRef(ref bucket) && bucket.Remove(item))
                {
                    _buckets.Remove(probe);
                }
            }
        }
    }

    /// <summary>
    /// Adds to <paramref name="found"/> whatever the entry may touch: what its match names; for an issuer's record
    /// everything of that issuer.
    /// </summary>
    public void Find(LogEntry entry, ISet<T> found)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(found);
        if (entry is not { Kind: LogEntryKind.State or LogEntryKind.Issuer, Match: { } match })
        {
            return;
        }

        var probe = Probe.Of(_key, entry.Issuer, match);
        lock (_lock)
        {
            if (_buckets.TryGetValue(probe, out var bucket))
            {
                bucket.CopyTo(found);
            }
        }
    }

    // Most matches name one item: a set is made only for the second.
    private struct Bucket
    {
        private T? _one;
        private HashSet<T>? _many;

        public void Add(T item)
        {
            if (_many is not null)
            {
                _many.Add(item);
            }
            else if (_one is null || _one.Equals(item))
            {
                _one = item;
            }
            else
            {
                _many = [_one, item];
            }
        }

        /// <summary>Whether nothing is left.</summary>
        public bool Remove(T item)
        {
            if (_many is not null)
            {
                _many.Remove(item);
                return _many.Count == 0;
            }

            return _one is null || _one.Equals(item);
        }

        public readonly void CopyTo(ISet<T> found)
        {
            if (_many is not null)
            {
                found.UnionWith(_many);
            }
            else
            {
                found.Add(_one!);
            }
        }
    }
}
