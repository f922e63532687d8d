using System.Diagnostics.CodeAnalysis;

namespace Rescind.Authority.Feeding;

/// <summary>
/// The verifiers of one client: by instance, and in the order in which they fall silent, so that one that may be forgotten
/// is found without looking at the others. Not safe for concurrent use: <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class ClientVerifiers(string clientId)
{
    private readonly Dictionary<string, KnownVerifier> _counted = new(StringComparer.Ordinal);
    private readonly SortedSet<KnownVerifier> _bySilence = new(BySilence.Instance);

    public string ClientId { get; } = clientId;

    public IReadOnlyCollection<KnownVerifier> Counted => _counted.Values;

    /// <summary>Those that are served beyond the share.</summary>
    public UncountedVerifiers Uncounted { get; } = new(clientId);

    /// <summary>When operators were last told that it is past its share.</summary>
    public DateTimeOffset? ToldAt { get; set; }

    public bool TryFind(string instance, [NotNullWhen(true)] out KnownVerifier? known) =>
        _counted.TryGetValue(instance, out known);

    /// <summary>Counts one that is not counted.</summary>
    public void Put(KnownVerifier known)
    {
        _counted.Add(known.Row.Instance, known);
        _bySilence.Add(known);
    }

    /// <summary>Moves the instant at which an answer last left for it.</summary>
    public void See(KnownVerifier known, DateTimeOffset now)
    {
        _bySilence.Remove(known);
        known.SeeAt(now);
        _bySilence.Add(known);
    }

    /// <summary>Forgets one; null if it was not known.</summary>
    public KnownVerifier? Remove(string instance)
    {
        if (_counted.Remove(instance, out var known))
        {
            _bySilence.Remove(known);
        }

        return known;
    }

    /// <summary>Forgets the one that fell silent first, if it was before <paramref name="instant"/>; null otherwise.</summary>
    public KnownVerifier? RemoveSilentBefore(DateTimeOffset instant) =>
        _bySilence.Min is { } first && !first.IsLiveAt(instant) ? Remove(first.Row.Instance) : null;

    private sealed class BySilence : IComparer<KnownVerifier>
    {
        public static readonly BySilence Instance = new();

        public int Compare(KnownVerifier? x, KnownVerifier? y) => x!.LiveUntil.CompareTo(y!.LiveUntil) is not 0 and var order
            ? order
            : string.CompareOrdinal(x.Row.Instance, y.Row.Instance);
    }
}
