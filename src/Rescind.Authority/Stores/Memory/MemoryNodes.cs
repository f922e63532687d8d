namespace Rescind.Authority.Stores.Memory;

/// <inheritdoc cref="INodeStore"/>
internal sealed class MemoryNodes(MemoryStore store) : INodeStore
{
    public bool IsShared => true;

    public IFailoverStore? Failover => null;

    public async ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken) =>
        await store.ReadAsync(static data => new StoreHead(data.Head, data.Registry), cancellationToken).ConfigureAwait(false);

    public IReadOnlyList<string> AsynchronousStandbys => [];

    public ValueTask<StoreHead> PulseAsync(CancellationToken cancellationToken) => ReadHeadAsync(cancellationToken);

    public Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        store.WriteAsync(
            data =>
            {
                var now = data.Time!.GetUtcNow();
                if (data.Leases.TryGetValue(name, out var lease) && lease.Holder != holder && lease.Until > now)
                {
                    return false;
                }

                data.Leases[name] = (holder, now + duration);
                return true;
            },
            cancellationToken);

    public Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => store.WriteAsync(
        data => data.Leases.TryGetValue(name, out var lease) && lease.Holder == holder && data.Leases.Remove(name),
        cancellationToken);

    public Task<MinuteCount> CountAsync(string name, int most, CancellationToken cancellationToken) => store.WriteAsync(
        data =>
        {
            var now = data.Time!.GetUtcNow();
            var (count, began) = data.Counts.TryGetValue(name, out var known) && now - known.Began < MinuteCounts.Window
                ? known : (0, now);
            if (count >= most)
            {
                return new MinuteCount(0, began + MinuteCounts.Window - now);
            }

            data.Counts[name] = (count + 1, began);
            return new(count + 1, TimeSpan.Zero);
        },
        cancellationToken);
}
