using System.Diagnostics;
using Rescind.Authority.Clients;
using Rescind.Authority.Stores;
using Rescind.Authority.Stores.Sqlite;
using Rescind.Benchmarks.Growth;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// Very many sessions of one client: a renewal that is spread over them, and an end of which the client is to be told
/// for each. How long each part takes, and how refreshes go on meanwhile beside refreshes alone.
/// </summary>
internal static class SessionRounds
{
    // As many as one client is told at once.
    private const int AtOnce = 8;

    public static async Task RunAsync(int rows, TimeSpan window)
    {
        var time = new ShiftedTime();
        await using var grown = await GrownStore.CreateAsync(rows, time);
        var store = grown.Store;
        await store.Registry.SaveClientAsync(
            new("web", new() { ClientId = "web", Kind = ClientKind.Public, LogoutUri = "https://shop.example/logout" }),
            from: null, AuditContext.System, default);
        await HoldUpRounds.MeasureAsync(grown, Task.Delay(window));
        var alone = await HoldUpRounds.MeasureAsync(grown, Task.Delay(window));

        Console.WriteLine($"| with {rows / 50 * 49:N0} sessions of a client | how many | s | refreshes, of their rate "
            + "alone | p99, ms | alone, ms |");
        Console.WriteLine("|---|---|---|---|---|---|");
        await RevokeAsync(Effect.Renew, spread: 100);
        time.Pass(TimeSpan.FromSeconds(1));
        await MeasureAsync("count those of a spread renewal, and reach the first of a hundred parts", () => SpreadAsync(store));
        time.Pass(TimeSpan.FromSeconds(98));
        await MeasureAsync("at its end, reach all others by one entry", () => SpreadAsync(store));
        await RevokeAsync(Effect.End, spread: 0);
        await MeasureAsync("find whom the end of all concerns", async () =>
        {
            while (await store.Logouts.ExpandAsync(default))
            {
            }

            return rows / 50 * 49;
        });
        await MeasureAsync("tell of ten thousand", () => TellAsync(store));

        Console.WriteLine("\n| turn of telling eight | steps | scanned |\n|---|---|---|");
        var after = 0L;
        foreach (var turn in (string[])["first", "second"])
        {
            var cost = await grown.MeasureOnceAsync(async () => after = await TellSomeAsync(store, after));
            Console.WriteLine($"| {turn} | {cost.Steps:N0} | {cost.Scanned:N0} |");
        }

        Task RevokeAsync(Effect effect, long spread) => store.Revocations.RevokeAsync(
            new()
            {
                Issuer = store.Issuer, Match = Match.Client("web"), Effect = effect, Spread = spread, Reason = "test",
                Audit = AuditContext.System,
            },
            default);

        async Task MeasureAsync(string name, Func<Task<long>> run)
        {
            var clock = Stopwatch.StartNew();
            var running = Task.Run(run);
            var beside = await HoldUpRounds.MeasureAsync(grown, running);
            Console.WriteLine($"| {name} | {await running:N0} | {clock.Elapsed.TotalSeconds:N1} "
                + $"| {beside.Rate / alone.Rate:N2} | {beside.P99:N1} | {alone.P99:N1} |");
        }
    }
    private static async Task<long> SpreadAsync(SqliteStore store)
    {
        var before = await HeadAsync(store);
        await store.Revocations.AdvanceSpreadsAsync(default);
        var count = 0L;
        for (LogPage? page = null; page is null || page.Entries.Count > 0; before = page.Entries is [.., var last]
            ? last.Position
            : before)
        {
            page = await store.Revocations.ReadAsync(before, 10_000, default)
                ?? throw new InvalidOperationException("The log is gone.");
            count += page.Entries.Count;
        }

        return count;
    }

    private static async Task<LogPosition> HeadAsync(SqliteStore store) =>
        (await store.Registry.LoadAsync(default)).Head.Position;

    private static async Task<long> TellAsync(SqliteStore store)
    {
        for (var (told, last) = (0, 0L); ; told += AtOnce)
        {
            if (told >= 10_000)
            {
                return told;
            }

            last = await TellSomeAsync(store, last);
        }
    }

    private static async Task<long> TellSomeAsync(SqliteStore store, long last)
    {
        var logouts = await store.Logouts.ReadAsync("web", last, AtOnce, default);
        await store.Logouts.SettleAsync([.. logouts.Select(logout => (logout, LogoutResult.Delivered))], default);
        return logouts[^1].Number;
    }
}
