
namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>
/// Where checks are tried: a schema with one table <c>tried (id, value)</c>, and two connections of which each has what
/// the connections of the store have, but for a shorter patience.
/// </summary>
internal sealed class CheckPlace(PostgresDatabase database, PostgresStoreOptions options, PostgresLink first, PostgresLink second)
{
    /// <summary>How long a lock is waited for here, and an open transaction may stand still.</summary>
    public const int PatienceMilliseconds = 300;

    public PostgresDatabase Database => database;

    public PostgresStoreOptions Options => options;

    public PostgresLink First => first;

    public PostgresLink Second => second;

    /// <summary>Opens the connections, and empties the table but for rows 1 and 2, of value 0.</summary>
    public static async Task<CheckPlace> OpenAsync(PostgresDatabase database, PostgresStoreOptions options)
    {
        var first = await OpenAsync(database).ConfigureAwait(false);
        try
        {
            first.Add("drop table if exists tried");
            first.Add("create table tried (id bigint primary key, value bigint not null)");
            first.Add("insert into tried values (1, 0), (2, 0)");
            await first.FlushAsync().ConfigureAwait(false);
            return new(database, options, first, await OpenAsync(database).ConfigureAwait(false));
        }
        catch
        {
            await first.DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Closes them, with what is open on them.</summary>
    public async Task CloseAsync()
    {
        await first.DropAsync().ConfigureAwait(false);
        await second.DropAsync().ConfigureAwait(false);
    }

    public static Task<long> ValueAsync(PostgresLink link, string locking = "") =>
        link.FindAsync(new($"select value from tried where id = 1 {locking}"), static row => row.Int64());

    /// <summary>The SQLSTATE with which something fails; null if it does not.</summary>
    public static async Task<string?> StateOfAsync(Func<Task> run)
    {
        try
        {
            await run().ConfigureAwait(false);
            return null;
        }
        catch (Npgsql.PostgresException e)
        {
            return e.SqlState;
        }
    }

    private static async Task<PostgresLink> OpenAsync(PostgresDatabase database)
    {
        var link = await database.OpenAsync().ConfigureAwait(false);
        link.Add($"set lock_timeout = {PatienceMilliseconds}");
        await link.FlushAsync().ConfigureAwait(false);
        return link;
    }
}
