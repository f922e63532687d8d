using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// How many verifiers of a client are served beyond its share: of each no more is known than until when it is live. The
/// number is exact up to <see cref="Most"/>, and at least that beyond it. Not safe for concurrent use:
/// <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class UncountedVerifiers(string clientId)
{
    /// <summary>The most that are told apart.</summary>
    public const int Most = VerifierRegistry.Most;

    private static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(1);

    // By the hash of the instance: a name may be long, and this list is for whoever invents names.
    private readonly Dictionary<int, DateTimeOffset> _liveUntil = [];
    private DateTimeOffset _swept;
    private DateTimeOffset _beyond;
    private StoredUncounted? _loaded;
    private long _savedUntil;

    /// <summary>Hears of one; it is live until <paramref name="until"/>.</summary>
    public void Hear(string instance, DateTimeOffset now, DateTimeOffset until)
    {
        var hash = string.GetHashCode(instance, StringComparison.Ordinal);
        if (_liveUntil.Count >= Most && !_liveUntil.ContainsKey(hash))
        {
            Sweep(now);
        }

        if (_liveUntil.Count < Most || _liveUntil.ContainsKey(hash))
        {
            _liveUntil[hash] = until;
        }
        else
        {
            _beyond = until > _beyond ? until : _beyond;
        }
    }

    /// <summary>
    /// Notes that an answer leaves for one. What must be saved before, so that a receipt after a restart still speaks
    /// of it; null if what is saved will do. It names no instance, and is due once in a few seconds at most.
    /// </summary>
    public StoredUncounted? See(string instance, DateTimeOffset now, DateTimeOffset until)
    {
        Hear(instance, now, until);
        return DueAt(now);
    }

    /// <summary>One is counted now, or has left.</summary>
    public void Forget(string instance) => _liveUntil.Remove(string.GetHashCode(instance, StringComparison.Ordinal));

    /// <summary>How many are live; those that were saved before a restart count until they must have stopped.</summary>
    public int CountAt(DateTimeOffset now)
    {
        Sweep(now);
        var live = _liveUntil.Count + (_beyond >= now ? 1 : 0);
        return now.ToUnixTimeSeconds() <= _loaded?.Until ? Math.Max(live, _loaded.Count) : live;
    }

    /// <summary>
    /// Takes what was saved before a restart, under whatever clock: each may have been answered up to <paramref name="now"/>.
    /// </summary>
    public void Load(StoredUncounted saved, DateTimeOffset now) =>
        _loaded = saved with { Until = Math.Max(saved.Until, NeededFrom(now)) };

    private StoredUncounted? DueAt(DateTimeOffset now)
    {
        var needed = NeededFrom(now);
        return _savedUntil >= needed
            ? null
            : new(clientId, Math.Max(1, CountAt(now)), needed + (long)VerifierRegistry.OldestRow.TotalSeconds + 1);
    }

    // Until when one that is answered then may accept.
    private static long NeededFrom(DateTimeOffset now) =>
        (now + TimeSpan.FromSeconds(Retention.LargestBound) + VerifierRegistry.Grace).ToUnixTimeSeconds();

    /// <summary>Notes what was saved.</summary>
    public void Saved(StoredUncounted saved) => _savedUntil = Math.Max(_savedUntil, saved.Until);

    private void Sweep(DateTimeOffset now)
    {
        if (now - _swept < SweepInterval)
        {
            return;
        }

        _swept = now;
        foreach (var (hash, until) in _liveUntil)
        {
            if (until < now)
            {
                _liveUntil.Remove(hash);
            }
        }
    }
}
