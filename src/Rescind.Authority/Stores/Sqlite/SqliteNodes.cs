namespace Rescind.Authority.Stores.Sqlite;

/// <inheritdoc cref="INodeStore"/>
internal sealed class SqliteNodes(SqliteWriter writer) : INodeStore
{
    public bool IsShared => false;

    public ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken) => new(writer.Present);

    public IReadOnlyList<string> AsynchronousStandbys => [];

    public ValueTask<StoreHead> PulseAsync(CancellationToken cancellationToken) => ReadHeadAsync(cancellationToken);

    public Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        Task.FromResult(true);

    public Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => Task.CompletedTask;
}
