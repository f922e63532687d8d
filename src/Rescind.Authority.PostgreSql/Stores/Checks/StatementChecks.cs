using Npgsql;

namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>What single statements, and a commit, must mean.</summary>
internal static class StatementChecks
{
    public static IReadOnlyList<Check> All { get; } =
    [
        new("durable", "The server confirms what is on its disk: fsync and synchronous_commit are on.", DurableAsync),
        new("batch", "Statements that are sent together run in their order, and each sees what those before it did.", BatchAsync),
        new("conditional-update", "An update on condition changes its row, or says that it changed none.", ConditionalAsync),
        new("unnest", "One statement updates many rows by arrays of values.", UnnestAsync),
        new("unique", "A second row of the same key is refused with 23505, and `on conflict` takes its place.", UniqueAsync),
        new("read-beside-write", "A statement that writes a row and reads another sees that as it was before.", BesideAsync),
        new("commit-warning", "What the server warns of while it commits reaches the caller.", WarningAsync),
    ];

    private static async Task<string?> DurableAsync(CheckPlace place)
    {
        await PostgresDatabase.RequireDurableAsync(place.First).ConfigureAwait(false);
        return null;
    }

    private static async Task<string?> BatchAsync(CheckPlace place)
    {
        place.First.Add("update tried set value = value + 1 where id = 1");
        place.First.Add("update tried set value = value * 10 where id = 1");
        return await CheckPlace.ValueAsync(place.First).ConfigureAwait(false) is not 10 and var value
            ? $"0, plus 1, times 10 is {value}." : null;
    }

    private static async Task<string?> ConditionalAsync(CheckPlace place)
    {
        var update = "update tried set value = 5 where id = 1 and value = 0";
        var (first, second) = (
            await place.First.ChangeAsync(new(update)).ConfigureAwait(false),
            await place.First.ChangeAsync(new(update)).ConfigureAwait(false));
        return (first, second) == (1, 0) ? null : $"The first changed {first} rows, and the second {second}.";
    }

    private static async Task<string?> UnnestAsync(CheckPlace place)
    {
        var changed = await place.First.ChangeAsync(
            new PostgresStatement(
                """
                update tried set value = new.value from unnest($1::bigint[], $2::bigint[]) as new (id, value)
                where tried.id = new.id
                """).Bind([1L, 2L, 3L]).Bind([7L, 8L, 9L])).ConfigureAwait(false);
        var values = await place.First.ReadAsync(
            new("select value from tried order by id"), static row => row.Int64()).ConfigureAwait(false);
        return (changed, string.Join(',', values)) is (2, "7,8")
            ? null : $"{changed} rows were changed, to {string.Join(", ", values)}.";
    }

    private static async Task<string?> UniqueAsync(CheckPlace place)
    {
        var state = await CheckPlace.StateOfAsync(
            () => place.First.ChangeAsync(new("insert into tried values (1, 1)"))).ConfigureAwait(false);
        if (state != PostgresErrorCodes.UniqueViolation)
        {
            return $"It was {state ?? "taken"}.";
        }

        var refused = await place.Second.ChangeAsync(
            new("insert into tried values (1, 1) on conflict do nothing")).ConfigureAwait(false);
        var replaced = await place.Second.ChangeAsync(new(
            "insert into tried values (1, 4) on conflict (id) do update set value = excluded.value where tried.value = 0"))
            .ConfigureAwait(false);
        return (refused, replaced) == (0, 1) ? null : $"`do nothing` changed {refused} rows, and `do update` {replaced}.";
    }

    private static async Task<string?> BesideAsync(CheckPlace place) =>
        await place.First.FindAsync(
            new("with written as (update tried set value = 3 where id = 1) select value from tried where id = 1"),
            static row => row.Int64()).ConfigureAwait(false) is not 0 and var seen
            ? $"It saw {seen}." : null;

    // As a cancelled wait for a synchronous standby does: the server says "done", and beside it a warning.
    private static async Task<string?> WarningAsync(CheckPlace place)
    {
        place.First.Add(
            "create function warn() returns trigger language plpgsql as $$ begin raise warning 'tried'; return null; end $$");
        place.First.Add(
            "create constraint trigger warns after update on tried deferrable initially deferred "
            + "for each row execute function warn()");
        await place.First.FlushAsync().ConfigureAwait(false);
        place.First.Add("begin");
        place.First.Add("update tried set value = 1 where id = 1");
        try
        {
            await place.First.CommitAsync(place.Options.CommitPatience).ConfigureAwait(false);
            return "It did not.";
        }
        catch (CommitInDoubtException)
        {
            return null;
        }
    }
}
