using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="INodeStore"/>
internal sealed class PostgresNodes(PostgresDatabase database, PostgresStoreOptions options) : INodeStore
{
    public bool IsShared => true;

    /// <summary>
    /// Reads the head and commits a message that nobody reads: a server that was cut off from those that took its place
    /// still answers reads, and cannot commit.
    /// </summary>
    public async ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken) => await CommitAsync(
        static async link => await link.FindAsync(
            new PostgresStatement(
                $"select {PostgresEpoch.Head}, pg_logical_emit_message(true, 'rescind', '') from head where one = 1"),
            PostgresEpoch.ReadHead).ConfigureAwait(false) ?? throw new InvalidDataException("The database has no head."),
        cancellationToken).ConfigureAwait(false);

    // The time of the database is read before the row is waited for: then a lease that was renewed meanwhile is over no more.
    public Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken) =>
        CommitAsync(
            async link =>
            {
                var now = await ReadClockAsync(link).ConfigureAwait(false);
                return await link.ChangeAsync(
                    new PostgresStatement(
                        """
                        insert into leases (name, holder, until) values ($1, $2, $3)
                        on conflict (name) do update set holder = $2, until = $3
                        where leases.holder = $2 or leases.until <= $4
                        """).Bind(name).Bind(holder).Bind(now + (long)duration.TotalMilliseconds).Bind(now))
                    .ConfigureAwait(false) > 0;
            },
            cancellationToken);

    public Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken) => CommitAsync(
        link => link.ChangeAsync(
            new PostgresStatement("delete from leases where name = $1 and holder = $2").Bind(name).Bind(holder)),
        cancellationToken);

    // Two nodes may have read the time before they waited for the row: one that began a little later is the same minute.
    public Task<MinuteCount> CountAsync(string name, int most, CancellationToken cancellationToken) => CommitAsync(
        async link =>
        {
            var (now, window) = (await ReadClockAsync(link).ConfigureAwait(false), (long)MinuteCounts.Window.TotalMilliseconds);
            var number = await link.FindAsync(
                new PostgresStatement(
                    """
                    insert into minute_counts as known (name, began, count) values ($1, $2, 1)
                    on conflict (name) do update set
                        began = case when abs($2 - known.began) < $3 then known.began else $2 end,
                        count = case when abs($2 - known.began) < $3 then known.count + 1 else 1 end
                    where abs($2 - known.began) >= $3 or known.count < $4
                    returning count
                    """).Bind(name).Bind(now).Bind(window).Bind((long)most),
                static row => row.Int64()).ConfigureAwait(false);
            var began = number > 0 ? now : await link.FindAsync(
                new PostgresStatement("select began from minute_counts where name = $1").Bind(name), static row => row.Int64())
                .ConfigureAwait(false);
            return new MinuteCount((int)number, number > 0 ? default : TimeSpan.FromMilliseconds(began + window - now));
        },
        cancellationToken);

    private async Task<long> ReadClockAsync(PostgresLink link)
    {
        var said = await link.FindAsync(
            new("select extract(epoch from clock_timestamp())::double precision"), static row => row.Double())
            .ConfigureAwait(false);
        return options.DatabaseClock(DateTimeOffset.UnixEpoch.AddSeconds(said)).ToUnixTimeMilliseconds();
    }

    private async Task<T> CommitAsync<T>(Func<PostgresLink, Task<T>> work, CancellationToken cancellationToken)
    {
        var link = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            link.Add("begin");
            var done = await work(link).ConfigureAwait(false);
            await link.CommitAsync(options.CommitPatience).ConfigureAwait(false);
            await link.DisposeAsync().ConfigureAwait(false);
            return done;
        }
        catch (Exception e)
        {
            await link.DropAsync().ConfigureAwait(false);
            throw PostgresFailure.Of(e);
        }
    }
}
