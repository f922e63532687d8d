namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="INodeStore"/>
internal sealed class SqliteNodes(SqliteWriter writer, TimeProvider time) : INodeStore
{
    private readonly MinuteCounts _counts = new(time);

    public bool IsShared => false;

    public IFailoverStore? Failover => null;

    public ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken) => new(writer.Present);

    public IReadOnlyList<string> AsynchronousStandbys => [];

    public ValueTask<StoreHead> PulseAsync(CancellationToken cancellationToken) => ReadHeadAsync(cancellationToken);

    public Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<MinuteCount> CountAsync(string name, int most, CancellationToken cancellationToken) =>
        Task.FromResult(new MinuteCount(_counts.Add(name, most, out var left), left));
}
