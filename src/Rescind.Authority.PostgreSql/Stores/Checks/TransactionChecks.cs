using Npgsql;

namespace Rescind.Authority.PostgreSql.Stores.Checks;

/// <summary>What two connections must see of each other, and do to each other.</summary>
internal static class TransactionChecks
{
    private const string Hold = "for no key update";
    private const string Patient = "set lock_timeout = 9000";

    private static readonly TimeSpan UntilItWaits = TimeSpan.FromMilliseconds(100);

    public static IReadOnlyList<Check> All { get; } =
    [
        new("read-committed", "In a transaction each statement sees what was committed before it began.", ReadCommittedAsync),
        new("moment", "A transaction of isolation level repeatable read sees one moment.", MomentAsync),
        new("uncommitted", "Nobody sees what is not committed, and a connection that closes takes it back.", UncommittedAsync),
        new("held-row", "A row that is held can be read at once by others, and held by nobody else.", HeldAsync),
        new("lock-timeout", "Waiting for a lock ends with 55P03 when lock_timeout is over.", LockTimeoutAsync),
        new("waiting-update", "An update that waited for another judges its condition on what that one wrote.", WaitingAsync),
        new("waiting-hold", "Whoever waited for a held row reads it as it was committed.", WaitingHoldAsync),
        new("idle-transaction", "A transaction in which nothing happens is ended after its timeout, and its locks with it.",
            IdleAsync),
    ];

    private static async Task<string?> ReadCommittedAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await CheckPlace.ValueAsync(place.First).ConfigureAwait(false);
        await SetAsync(place.Second, 1).ConfigureAwait(false);
        return await CheckPlace.ValueAsync(place.First).ConfigureAwait(false) == 1 ? null : "The second read saw the old value.";
    }

    private static async Task<string?> MomentAsync(CheckPlace place)
    {
        place.First.Add("begin isolation level repeatable read read only");
        await CheckPlace.ValueAsync(place.First).ConfigureAwait(false);
        await SetAsync(place.Second, 1).ConfigureAwait(false);
        return await CheckPlace.ValueAsync(place.First).ConfigureAwait(false) == 0 ? null : "The second read saw another one.";
    }

    private static async Task<string?> UncommittedAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await SetAsync(place.First, 1).ConfigureAwait(false);
        var before = await CheckPlace.ValueAsync(place.Second).ConfigureAwait(false);
        await place.First.DropAsync().ConfigureAwait(false);
        var after = await CheckPlace.ValueAsync(place.Second, Hold).ConfigureAwait(false);
        return (before, after) == (0, 0) ? null : $"The value was seen as {before}, and afterwards as {after}.";
    }

    private static async Task<string?> HeldAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await CheckPlace.ValueAsync(place.First, Hold).ConfigureAwait(false);
        if (await CheckPlace.StateOfAsync(() => CheckPlace.ValueAsync(place.Second)).ConfigureAwait(false) is { } read)
        {
            return $"Reading it ended with {read}.";
        }

        return await CheckPlace.StateOfAsync(() => CheckPlace.ValueAsync(place.Second, Hold)).ConfigureAwait(false) is null
            ? "Another held it, too." : null;
    }

    private static async Task<string?> LockTimeoutAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await SetAsync(place.First, 1).ConfigureAwait(false);
        var state = await CheckPlace.StateOfAsync(() => SetAsync(place.Second, 2)).ConfigureAwait(false);
        return state == PostgresErrorCodes.LockNotAvailable ? null : $"It ended with {state ?? "a change"}.";
    }

    private static async Task<string?> WaitingAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await SetAsync(place.First, 1).ConfigureAwait(false);
        place.Second.Add(Patient);
        var waiting = place.Second.ChangeAsync(new("update tried set value = 9 where id = 1 and value = 0"));
        await Task.Delay(UntilItWaits, TimeProvider.System).ConfigureAwait(false);
        await place.First.CommitAsync(place.Options.CommitPatience).ConfigureAwait(false);
        return await waiting.ConfigureAwait(false) == 0 ? null : "It went by the value of before.";
    }

    private static async Task<string?> WaitingHoldAsync(CheckPlace place)
    {
        place.First.Add("begin");
        await SetAsync(place.First, 1).ConfigureAwait(false);
        place.Second.Add(Patient);
        place.Second.Add("begin");
        var waiting = CheckPlace.ValueAsync(place.Second, Hold);
        await Task.Delay(UntilItWaits, TimeProvider.System).ConfigureAwait(false);
        await place.First.CommitAsync(place.Options.CommitPatience).ConfigureAwait(false);
        return await waiting.ConfigureAwait(false) == 1 ? null : "It read the value of before.";
    }

    private static async Task<string?> IdleAsync(CheckPlace place)
    {
        place.First.Add($"set idle_in_transaction_session_timeout = {CheckPlace.PatienceMilliseconds}");
        place.First.Add("begin");
        await SetAsync(place.First, 1).ConfigureAwait(false);
        place.Second.Add(Patient);
        return await CheckPlace.ValueAsync(place.Second, Hold).ConfigureAwait(false) == 0 ? null : "What it did was kept.";
    }

    private static Task<long> SetAsync(PostgresLink link, long value) =>
        link.ChangeAsync(new PostgresStatement("update tried set value = $1 where id = 1").Bind(value));
}
