using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>The log and the live map, as those who follow read them: in a transaction that sees one moment.</summary>
internal static class PostgresLogRows
{
    /// <summary>Entries after a position and the chain there; null if it is older than what is kept.</summary>
    public static async Task<LogPage?> ReadAsync(PostgresLink link, LogPosition after, int limit)
    {
        var chain = await link.FindAsync(
            new PostgresStatement(
                """
                select chain from log where position = $1
                union all select base_chain from kept where base_position = $1 limit 1
                """).Bind(after),
            static row => row.Bytes()).ConfigureAwait(false);
        var head = (await PostgresEpoch.FindHeadAsync(link).ConfigureAwait(false)).Log;
        if (chain is null)
        {
            var start = await link.FindAsync(new("select base_position from kept"), static row => row.Position())
                .ConfigureAwait(false);
            return after < start ? null : new LogPage(null, [], head);
        }

        var entries = await link.ReadAsync(
            new PostgresStatement($"select {LogRows.Entry} from log where position > $1 order by position limit $2")
                .Bind(after).Bind(limit),
            LogRows.ReadEntry).ConfigureAwait(false);
        return new(LogChain.FromBytes(chain), entries, head);
    }

    /// <summary>The latest date of anything that was forgotten.</summary>
    public static Task<long> ForgottenAsync(PostgresLink link) =>
        link.FindAsync(new("select forgotten from kept"), static row => row.Int64());

    /// <summary>The live map, registry and keys first.</summary>
    public static Task EachLiveAsync(
        PostgresLink link, string ownIssuer, long needed, Func<LogEntry, Task> each, CancellationToken cancellationToken) =>
        link.EachAsync(
            new PostgresStatement(
                $"""
                (select 2::smallint, position, at, issuer, 8::smallint, '', '', record,
                    0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint
                    from issuers where not removed order by position)
                union all
                (select 3::smallint, position, at, $1::text, 7::smallint, '', id, public_jwk, 0, 0, 0, 0, 0, 0, 0, 0, 0
                    from keys where public_jwk is not null order by position)
                union all
                select 1::smallint, position, at, issuer, match_kind, name, value, null, {LogRows.Slots}
                    from states where remember_until >= $2
                """).Bind(ownIssuer).Bind(needed),
            LogRows.ReadEntry,
            entry =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return each(entry);
            });
}
