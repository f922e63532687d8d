using System.Runtime.CompilerServices;

namespace Rescind;

/// <summary>
/// Where the one-valued matches of a token are looked up: all hashed first, so that they can be read together. On the stack.
/// </summary>
internal ref struct Candidates
{
    private Eight<UInt128> _probes;
    private Eight<MatchKind> _kinds;

    public int Count { get; private set; }

    [UnscopedRef]
    public readonly ReadOnlySpan<UInt128> Probes => ((ReadOnlySpan<UInt128>)_probes)[..Count];

    public readonly MatchKind KindAt(int i) => _kinds[i];

    /// <summary>Adds a match, unless the token has no such value or the set no such kind.</summary>
    public void Add(RevocationSet set, in Probe probe, MatchKind kind, byte[]? value)
    {
        if (value is not null && set.MayHold(kind))
        {
            _kinds[Count] = kind;
            _probes[Count++] = probe.Of(kind, [], value);
        }
    }

    [InlineArray(8)]
    private struct Eight<T>
    {
        private T _first;
    }
}
