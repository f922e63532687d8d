using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <inheritdoc cref="INodeStore"/>
/// <param name="database">Where.</param>
/// <param name="options">How long a commit may take.</param>
/// <param name="row">The name of this node's row: another one for each opening.</param>
/// <param name="standbys">The standbys that may lack something, when the store was opened.</param>
/// <param name="time">How long ago that was.</param>
internal sealed class PostgresNodes(
    PostgresDatabase database, PostgresStoreOptions options, string row, IReadOnlyList<string> standbys, TimeProvider time)
    : INodeStore
{
    private const string Now = "extract(epoch from clock_timestamp())::bigint";

    private const long ForgottenAfterSeconds = 24 * 3600;

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    private volatile IReadOnlyList<string> _standbys = standbys;
    private long _lookedAt = time.GetTimestamp();

    public bool IsShared => true;

    public IFailoverStore Failover { get; } = new PostgresFailover(database, options, time);

    public IReadOnlyList<string> AsynchronousStandbys => _standbys;

    public ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken) =>
        new(database.ReadAsync(PostgresEpoch.FindHeadAsync, cancellationToken));

    /// <summary>
    /// Commits this node's row, with the head read in the same statement: a server that was cut off from the one that took
    /// its place still answers reads, and its commits wait for ever for the standby that left it.
    /// </summary>
    public async ValueTask<StoreHead> PulseAsync(CancellationToken cancellationToken) => await CommitAsync(
        async link =>
        {
            await LookAtStandbysAsync(link).ConfigureAwait(false);
            var (head, isDurable) = await link.FindAsync(
                new PostgresStatement(
                    $"""
                    with pulse as (
                        insert into nodes (name, at) values ($1, {Now}) on conflict (name) do update set at = excluded.at)
                    select {PostgresEpoch.Head}, {PostgresDatabase.IsDurable} from head where one = 1
                    """).Bind(row),
                static row => (PostgresEpoch.ReadHead(row), row.Bool())).ConfigureAwait(false);
            if (head is null)
            {
                throw new InvalidDataException("The database has no head.");
            }

            PostgresDatabase.RequireDurable(isDurable);
            return head;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>Whether a node has sent a pulse within so many seconds.</summary>
    public static PostgresStatement PulsedWithin(long seconds) =>
        new PostgresStatement($"select 1 from nodes where at > {Now} - $1 limit 1").Bind(seconds);

    /// <summary>The times of the last pulses together: another number after each second in which a node has sent one.</summary>
    public static PostgresStatement SumOfPulses => new("select coalesce(sum(at), 0)::bigint from nodes");

    /// <summary>Adds that the rows of nodes go that ended long ago.</summary>
    public static void Forget(PostgresLink link) => link.Add(
        $"""
        delete from nodes where name in (
            select name from nodes where at < {Now} - {ForgottenAfterSeconds} for update skip locked)
        """);

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

    private async Task LookAtStandbysAsync(PostgresLink link)
    {
        var looked = Interlocked.Read(ref _lookedAt);
        if (time.GetElapsedTime(looked) >= LookInterval
            && Interlocked.CompareExchange(ref _lookedAt, time.GetTimestamp(), looked) == looked)
        {
            _standbys = await PostgresStandbys.FindAsynchronousAsync(link).ConfigureAwait(false);
        }
    }

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
        database.Left.RequireFew();
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
