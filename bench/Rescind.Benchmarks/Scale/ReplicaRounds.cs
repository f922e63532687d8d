using System.Diagnostics;
using Rescind.Verifier.Feeding;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// A verifier's replica of very many entries: what an entry takes in memory, and how late verdicts come while the next
/// replica is built from the lines of a snapshot, beside the same verdicts while nothing else is done. A verdict is due
/// every 100 microseconds, and counts from when it was due: whatever holds one up holds up those behind it. The lines
/// are written by the thread that reads them.
/// </summary>
internal static class ReplicaRounds
{
    private static readonly long Interval = Stopwatch.Frequency / 10_000;

    private static readonly IssuerRecord Record = new()
    {
        Issuer = "https://auth.shop.example", Own = true, Limits = new(300, 7_776_000, 0, 30), Types = ["at+jwt"],
        Algorithms = ["ES256"],
    };

    public static async Task RunAsync(IEnumerable<int> sizes, int rounds)
    {
        Console.WriteLine("| entries | bytes an entry | after another snapshot | built in, s "
            + "| p99.9 of a verdict, µs | without, µs | longest, ms | without, ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var size in sizes)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var replica = Replica.CreateAuthoritative(TimeProvider.System, Entropy.System);
            await LoadAsync(replica, size);
            var first = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)size;

            var (built, during, without) = (new List<double>(), new List<Samples>(), new List<Samples>());
            for (var round = 0; round < rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                during.Add(await MeasureAsync(replica, Task.Run(() => LoadAsync(replica, size))));
                built.Add(clock.Elapsed.TotalSeconds);
                without.Add(await MeasureAsync(replica, Task.Delay(clock.Elapsed)));
            }

            var again = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)size;
            Console.WriteLine($"| {size:N0} | {first:N0} | {again:N0} | {new Samples(built).Spread("0.0")} "
                + $"| {Of(during, 0.999, 1)} | {Of(without, 0.999, 1)} "
                + $"| {Of(during, 1, 1000)} | {Of(without, 1, 1000)} |");
            GC.KeepAlive(replica);
        }
    }

    private static string Of(List<Samples> rounds, double part, double unit) =>
        new Samples(rounds.Select(round => round.At(part) / unit)).Spread("0.0");

    private static async Task LoadAsync(Replica replica, int size)
    {
        var snapshot = new SnapshotBuilder(replica.Key);
        await using var lines = new GeneratedSnapshot(size, Record);
        await SnapshotLines.ReadAsync(lines, snapshot, static () => { }, CancellationToken.None);
        replica.Load(snapshot.Contents, isFork: false);
    }

    private static async Task<Samples> MeasureAsync(Replica replica, Task until)
    {
        var waits = await Task.Factory.StartNew(
            () =>
            {
                var (judge, facts, all) = (new Judge(replica, TimeProvider.System), FactsOf(replica), new List<double>(1 << 20));
                for (var due = Stopwatch.GetTimestamp(); !until.IsCompleted; due += Interval)
                {
                    while (Stopwatch.GetTimestamp() < due)
                    {
                        Thread.SpinWait(10);
                    }

                    judge.Decide(facts, TimeSpan.FromSeconds(5));
                    all.Add(Stopwatch.GetElapsedTime(due).TotalMicroseconds);
                }

                return new Samples(all);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await until;
        return waits;
    }

    private static TokenFacts FactsOf(Replica replica)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var payload = $$"""
            {"iss":"{{Record.Issuer}}","sub":"alice","aud":"orders","client_id":"web","jti":"t","sid":"s",
            "iat":{{now}},"exp":{{now + 3600}},"auth_time":{{now}},"lpos":{{now * 1_000_000}}}
            """;
        var text = $"{Encoded("""{"alg":"ES256","typ":"at+jwt","kid":"k"}""")}.{Encoded(payload)}.{new string('A', 86)}";
        return CompactJws.TryRead(text, out var jws, out _)
            && TokenFacts.TryCreate(jws, replica.FindIssuer(Record.Issuer)!, null, out var facts, out _)
            ? facts
            : throw new InvalidOperationException("The benchmark's token is not read.");
    }

    private static string Encoded(string json) =>
        System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));
}
