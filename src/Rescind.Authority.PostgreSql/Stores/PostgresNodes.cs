using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="INodeStore"/>
internal sealed class PostgresNodes(PostgresDatabase database, TimeSpan patience) : INodeStore
{
    public bool IsShared => true;

    /// <summary>
    /// Reads the head and commits a message that nobody reads: a server that was cut off from those that took its place
    /// still answers reads, and cannot commit.
    /// </summary>
    public async ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var link = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            link.Add("begin");
            var head = await link.FindAsync(
                new PostgresStatement(
                    $"select {PostgresEpoch.Head}, pg_logical_emit_message(true, 'rescind', '') from head where one = 1"),
                PostgresEpoch.ReadHead).ConfigureAwait(false);
            await link.CommitAsync(patience).ConfigureAwait(false);
            await link.DisposeAsync().ConfigureAwait(false);
            return head ?? throw new InvalidDataException("The database has no head.");
        }
        catch (Exception e) when (PostgresFailure.IsOfDatabase(e))
        {
            await link.DropAsync().ConfigureAwait(false);
            throw PostgresFailure.Of(e);
        }
    }

    public Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        CommitAsync(
            new PostgresStatement(
                """
                insert into leases (name, holder, until)
                values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
                on conflict (name) do update set holder = $2, until = clock_timestamp() + $3 * interval '1 millisecond'
                where leases.holder = $2 or leases.until <= clock_timestamp()
                """).Bind(name).Bind(holder).Bind((long)duration.TotalMilliseconds),
            cancellationToken);

    public Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => CommitAsync(
        new PostgresStatement("delete from leases where name = $1 and holder = $2").Bind(name).Bind(holder), cancellationToken);

    // Whether it changed anything.
    private async Task<bool> CommitAsync(PostgresStatement change, CancellationToken cancellationToken)
    {
        var link = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            link.Add("begin");
            var changed = await link.ChangeAsync(change).ConfigureAwait(false);
            await link.CommitAsync(patience).ConfigureAwait(false);
            await link.DisposeAsync().ConfigureAwait(false);
            return changed > 0;
        }
        catch (Exception e) when (PostgresFailure.IsOfDatabase(e))
        {
            await link.DropAsync().ConfigureAwait(false);
            throw PostgresFailure.Of(e);
        }
    }
}
