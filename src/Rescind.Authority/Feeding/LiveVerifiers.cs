namespace Rescind.Authority.Feeding;

/// <summary>
/// The verifiers that are live, in the order of how far each has come, and the receipts that wait for them. What a receipt
/// says is found in a few nodes of a tree, however many verifiers there are. Not safe for concurrent use:
/// <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class LiveVerifiers
{
    private VerifierNode? _root;
    private int _watching;
    private long _connections;

    /// <summary>The receipts that wait for them.</summary>
    public Waiters Waiters { get; } = new();

    public int Count => VerifierNode.CountOf(_root);

    /// <summary>Their live connections; null if none has said how many it watches.</summary>
    public long? Connections => _watching > 0 ? _connections : null;

    public void Add(KnownVerifier known)
    {
        _root = VerifierNode.Add(_root, known);
        _watching += known.Row.Connections is null ? 0 : 1;
        _connections += known.Row.Connections?.Live ?? 0;
    }

    /// <summary>Takes one out, if it was live until now.</summary>
    public void Remove(KnownVerifier known)
    {
        var before = Count;
        _root = VerifierNode.Remove(_root, known);
        if (Count < before)
        {
            _watching -= known.Row.Connections is null ? 0 : 1;
            _connections -= known.Row.Connections?.Live ?? 0;
        }
    }

    /// <summary>
    /// Takes out those that have fallen silent, each of them once, and ends the receipts that wait for nobody any more.
    /// </summary>
    public void Settle(DateTimeOffset now)
    {
        while (FindSilent(now) is { } silent)
        {
            Remove(silent);
        }

        Waiters.End(FindFurthestBehind()?.Row.Position ?? new(LogPosition.MaxValue));
    }

    /// <summary>How many have not applied a position.</summary>
    public int CountBehind(LogPosition position)
    {
        var count = 0;
        for (var node = _root; node is not null;)
        {
            var isBehind = node.Verifier.Row.Position < position;
            count += isBehind ? 1 + VerifierNode.CountOf(node.Left) : 0;
            node = isBehind ? node.Right : node.Left;
        }

        return count;
    }

    /// <summary>Those that have not applied a position, the furthest behind first; at most so many.</summary>
    public IReadOnlyList<KnownVerifier> Behind(LogPosition position, int most)
    {
        var found = new List<KnownVerifier>(Math.Min(most, Count));
        Collect(_root);
        return found;

        void Collect(VerifierNode? node)
        {
            if (node is null || found.Count == most)
            {
                return;
            }

            Collect(node.Left);
            if (found.Count < most && node.Verifier.Row.Position < position)
            {
                found.Add(node.Verifier);
                Collect(node.Right);
            }
        }
    }

    /// <summary>
    /// For how long after a commit any that has not applied its position may accept, where <paramref name="elapsed"/> has
    /// passed since. No answer from after the commit proves freshness without the entry, so the last proof of a laggard
    /// is older than the commit.
    /// </summary>
    public TimeSpan LongestBehind(LogPosition position, TimeSpan elapsed, DateTimeOffset now)
    {
        return Longest(_root, TimeSpan.Zero);

        // Only where some verifier may accept for longer than the longest that is found: that is one way down, unless
        // bounds differ and verifiers with large ones have nearly fallen silent.
        TimeSpan Longest(VerifierNode? node, TimeSpan found)
        {
            if (node is null || MostOf(node) <= found)
            {
                return found;
            }

            if (node.Verifier.Row.Position >= position)
            {
                return Longest(node.Left, found);
            }

            var own = After(node.Verifier.Bound, node.Verifier.ProofEnds);
            var (first, second) = MostOf(node.Left) >= MostOf(node.Right) ? (node.Left, node.Right) : (node.Right, node.Left);
            return Longest(second, Longest(first, own > found ? own : found));
        }

        TimeSpan MostOf(VerifierNode? node) => node is null ? TimeSpan.MinValue : After(node.LargestBound, node.LastProofEnds);

        TimeSpan After(TimeSpan bound, DateTimeOffset proofEnds) =>
            proofEnds - now + elapsed is var span && span < bound ? span : bound;
    }

    private KnownVerifier? FindFurthestBehind()
    {
        var node = _root;
        while (node?.Left is { } left)
        {
            node = left;
        }

        return node?.Verifier;
    }

    private KnownVerifier? FindSilent(DateTimeOffset now)
    {
        if (_root is null || _root.AllLiveUntil >= now)
        {
            return null;
        }

        var node = _root;
        while (node.Verifier.IsLiveAt(now))
        {
            node = node.Left is { } left && left.AllLiveUntil < now ? left : node.Right!;
        }

        return node.Verifier;
    }
}
