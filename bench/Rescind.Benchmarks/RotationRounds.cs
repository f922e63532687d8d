using Rescind.Authority.Stores.Sqlite;

namespace Rescind.Benchmarks;

/// <summary>
/// Durable refresh rotation by 64 callers, before signing: our store beside one transaction per call on SQLite with the
/// same durability (WAL, synchronous=FULL). Interleaved windows; the ratio is taken inside each round.
/// </summary>
internal static class RotationRounds
{
    private const int Callers = 64;
    private const string Issuer = "https://auth.shop.example";

    public static async Task RunAsync(int rounds, TimeSpan window)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-bench-").FullName;
        try
        {
            await using var store = SqliteStore.Open(new() { Folder = Path.Combine(folder, "ours"), Issuer = Issuer },
                TimeProvider.System, Entropy.System);
            using var plain = new OneTransactionPerCall(Path.Combine(folder, "plain.db"), Callers);
            var sessions = await RotatedSessions.StartAsync(store.Sessions, Callers);
            await Calls.PerSecondAsync(Callers, window, sessions.RotateAsync);
            await Calls.PerSecondAsync(Callers, window, plain.RotateAsync);

            Console.WriteLine("| round | ours, rotations/s | one transaction per call | ratio |\n|---|---|---|---|");
            var ratios = new List<double>();
            for (var round = 1; round <= rounds; round++)
            {
                var (ours, theirs) = round % 2 == 0
                    ? (await Calls.PerSecondAsync(Callers, window, sessions.RotateAsync),
                        await Calls.PerSecondAsync(Callers, window, plain.RotateAsync))
                    : Swap(await Calls.PerSecondAsync(Callers, window, plain.RotateAsync),
                        await Calls.PerSecondAsync(Callers, window, sessions.RotateAsync));
                ratios.Add(ours / theirs);
                Console.WriteLine($"| {round} | {ours:N0} | {theirs:N0} | {ours / theirs:N1} |");
            }

            ratios.Sort();
            Console.WriteLine($"\nmedian ratio {ratios[rounds / 2]:N1} [{ratios[0]:N1}..{ratios[^1]:N1}], goal at least 10");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (double Ours, double Theirs) Swap(double theirs, double ours) => (ours, theirs);
}
