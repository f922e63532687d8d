using System.Collections.Concurrent;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Nodes;

/// <summary>
/// What this node may do alone, as long as it asks again in time. Work that outlasts its lease may be done by two nodes
/// at once: everything that is leased bears that, the lease only makes it rare. Safe for concurrent use.
/// </summary>
internal sealed class Leases(IAuthorityStore store, Entropy entropy, TimeProvider time)
{
    /// <summary>How long the others wait for a node that died.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    private readonly string _holder = entropy.NextId();

    // When each was asked for: the store gave it later, so it does not end before we think so.
    private readonly ConcurrentDictionary<string, Moment> _held = new(StringComparer.Ordinal);

    /// <summary>Whether it is known that this node does what <paramref name="name"/> stands for now.</summary>
    public bool Holds(string name) =>
        !store.Nodes.IsShared || (_held.TryGetValue(name, out var since) && since.AgeBy(time) < Duration / 2);

    /// <summary>
    /// Whether this node does what <paramref name="name"/> stands for now; asks the store where that is not known well enough.
    /// </summary>
    public async ValueTask<bool> TryHoldAsync(string name, CancellationToken cancellationToken)
    {
        if (Holds(name))
        {
            return true;
        }

        var asked = Moment.Now(time);
        var isOurs = await store.Nodes.TryLeaseAsync(name, _holder, Duration, cancellationToken).ConfigureAwait(false);
        if (isOurs)
        {
            _held[name] = asked;
        }
        else
        {
            _held.TryRemove(name, out _);
        }

        return isOurs;
    }

    /// <summary>Gives back what is held, so that nobody waits for it.</summary>
    public async Task ReleaseAsync(CancellationToken cancellationToken)
    {
        foreach (var name in _held.Keys)
        {
            _held.TryRemove(name, out _);
            await store.Nodes.ReleaseLeaseAsync(name, _holder, cancellationToken).ConfigureAwait(false);
        }
    }
}
