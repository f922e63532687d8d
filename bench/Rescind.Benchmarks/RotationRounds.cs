using System.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
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
            var sessions = await StartAsync(store.Sessions);
            await MeasureAsync(window, caller => RotateAsync(store.Sessions, sessions, caller));
            await MeasureAsync(window, plain.RotateAsync);

            Console.WriteLine("| round | ours, rotations/s | one transaction per call | ratio |\n|---|---|---|---|");
            var ratios = new List<double>();
            for (var round = 1; round <= rounds; round++)
            {
                var (ours, theirs) = round % 2 == 0
                    ? (await MeasureAsync(window, caller => RotateAsync(store.Sessions, sessions, caller)),
                        await MeasureAsync(window, plain.RotateAsync))
                    : Swap(await MeasureAsync(window, plain.RotateAsync),
                        await MeasureAsync(window, caller => RotateAsync(store.Sessions, sessions, caller)));
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

    private static async Task<Session[]> StartAsync(ISessionStore store)
    {
        var sessions = new Session[Callers];
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        for (var i = 0; i < Callers; i++)
        {
            var draft = new Session
            {
                Id = Entropy.System.NextId(), Subject = $"u-{i}", ClientId = "web", Audience = ["orders"],
                CreatedAt = now, AuthenticatedAt = 0, LastRefreshedAt = now, Generation = 1, IdleExpiresAt = now + 3600,
                ExpiresAt = now + 7200, Started = default,
                    RefreshKeyId = 1, Salt = new byte[16],
            };
            sessions[i] =
                (await store.StartAsync(new() { Session = draft, Audit = AuditContext.System }, CancellationToken.None)).Session!;
        }

        return sessions;
    }

    private static async Task RotateAsync(ISessionStore store, Session[] sessions, int caller)
    {
        var attempt = new RotationAttempt
        {
            SessionId = sessions[caller].Id, Generation = sessions[caller].Generation, ClientId = "web",
            IdleLifetime = TimeSpan.FromHours(1), Audit = AuditContext.System,
        };
        var outcome = await store.RotateAsync(attempt, CancellationToken.None);
        sessions[caller] = outcome.Result is RotationResult.Rotated
            ? outcome.Session!
            : throw new InvalidOperationException($"{outcome.Result}");
    }

    private static async Task<double> MeasureAsync(TimeSpan window, Func<int, Task> call)
    {
        var done = 0L;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            while (clock.Elapsed < window)
            {
                await call(caller);
                Interlocked.Increment(ref done);
            }
        })));
        return done / clock.Elapsed.TotalSeconds;
    }
}
