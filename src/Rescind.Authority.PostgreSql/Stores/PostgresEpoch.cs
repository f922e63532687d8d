using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>Which log this is: the first start begins it, and what was kept of the time that was believed.</summary>
internal static class PostgresEpoch
{
    public const string Head = "epoch, position, at, chain, registry";

    /// <summary>Begins the log if nobody has, and says what it is.</summary>
    public static async Task<OpenedLog> BeginAsync(PostgresLink link, PostgresStoreOptions options, Entropy entropy)
    {
        var issuer = options.Issuer;
        var empty = LogHead.Empty(entropy.NextId());
        link.Add("begin");
        link.Add(
            new PostgresStatement(
                """
                insert into head (one, issuer, epoch, position, at, chain, restored, registry, minted)
                values (1, $1, $2, 0, 0, $3, false, 0, 0)
                on conflict do nothing
                """).Bind(issuer).Bind(empty.Epoch).Bind(empty.Chain.ToBytes()));
        link.Add(
            """
            insert into kept (one, base_position, base_chain, forgotten, believed, unproved)
            select 1, position, chain, 0, 0, 0 from head on conflict do nothing
            """);
        PostgresNodes.Forget(link);
        await link.CommitAsync(options.CommitPatience).ConfigureAwait(false);
        var recorded = await link.FindAsync(
            new PostgresStatement("select issuer from head"), static row => row.Text()).ConfigureAwait(false);
        if (recorded != issuer)
        {
            throw new StoreUnavailableException(
                Errors.OtherIssuer.Sentence($"It is {recorded}, not {issuer}: its tokens would all be refused."));
        }

        return await ReadOpenedAsync(link).ConfigureAwait(false);
    }

    /// <summary>What the log is by now.</summary>
    public static async Task<OpenedLog> ReadOpenedAsync(PostgresLink link)
    {
        var head = (await FindHeadAsync(link).ConfigureAwait(false)).Log;
        var (last, newest) = await link.FindAsync(
            new PostgresStatement("select position, at from audit order by position desc limit 1"),
            static row => (row.Int64(), row.Int64())).ConfigureAwait(false);
        newest = Math.Max(newest, head.At);
        var start = await FindStartAsync(link).ConfigureAwait(false);
        return new(new(Math.Max(last, head.Position.Value)), newest, start);
    }

    public static async Task<StoreHead> FindHeadAsync(PostgresLink link) =>
        await link.FindAsync(new PostgresStatement($"select {Head} from head where one = 1"), ReadHead).ConfigureAwait(false)
        ?? throw new InvalidDataException("The database has no head.");

    /// <summary>Reads <see cref="Head"/>.</summary>
    public static StoreHead ReadHead(PostgresRow row) =>
        new(LogRows.ReadHead(row), row.Int64());

    /// <summary>What was kept of the time that was believed last.</summary>
    public static Task<TimeAtStart> FindStartAsync(PostgresLink link, bool isHolding = false) => link.FindAsync(
        new PostgresStatement($"select believed, unproved from kept where one = 1{(isHolding ? " for no key update" : "")}"),
        static row => new TimeAtStart(row.Int64(), row.Int64()));

    public static PostgresStatement SaveStart(TimeAtStart start) =>
        new PostgresStatement("update kept set believed = $1, unproved = $2").Bind(start.Past).Bind(start.Unproved);
}
