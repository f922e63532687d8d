using System.Runtime.CompilerServices;

namespace Rescind;

/// <summary>
/// Where the one-valued matches of a token are looked up: all hashed first, so that they can be read together. On the stack.
/// </summary>
internal ref struct Candidates
{
    /// <summary>How many there is room for. Hardly any token is named by more; the rest is another round.</summary>
    public const int Most = 8;

    private Eight<UInt128> _probes;
    private Eight<MatchKind> _kinds;

    public int Count { get; private set; }

    [UnscopedRef]
    public readonly ReadOnlySpan<UInt128> Probes => ((ReadOnlySpan<UInt128>)_probes)[..Count];

    public readonly MatchKind KindAt(int i) => _kinds[i];

    /// <summary>Adds a match, unless the set has no such kind.</summary>
    public void Add(RevocationSet set, in Probe probe, in ProbeText text)
    {
        if (set.MayHold(text.Kind))
        {
            _kinds[Count] = text.Kind;
            _probes[Count++] = probe.Of(text.Kind, [], text.Value);
        }
    }

    [InlineArray(Most)]
    private struct Eight<T>
    {
        private T _first;
    }
}
