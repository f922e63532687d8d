using System.Diagnostics;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// A verifier's replica of very many entries: what an entry takes in memory, and how long verdicts wait while the next replica is built from a
/// snapshot, beside the same verdicts while nothing else is done.
/// </summary>
internal static class ReplicaRounds
{
    private const string Issuer = "https://auth.shop.example";

    private static readonly IssuerRecord Record = new()
    {
        Issuer = Issuer, Own = true, Limits = new(300, 7_776_000, 0, 30), Types = ["at+jwt"], Algorithms = ["ES256"],
    };

    public static async Task RunAsync(IReadOnlyList<int> sizes, int rounds)
    {
        Console.WriteLine("| entries | bytes an entry | built in, s | p99.9 of a verdict, µs | of it without, µs | longest, ms | without, ms |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var size in sizes)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var replica = Replica.CreateAuthoritative(TimeProvider.System, Entropy.System);
            Load(replica, size);
            var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)size;

            var (built, during, without) = (new List<double>(), new List<Waits>(), new List<Waits>());
            for (var round = 0; round < rounds; round++)
            {
                var clock = Stopwatch.StartNew();
                during.Add(await MeasureAsync(replica, Task.Run(() => Load(replica, size))));
                built.Add(clock.Elapsed.TotalSeconds);
                without.Add(await MeasureAsync(replica, Task.Delay(clock.Elapsed)));
            }

            Console.WriteLine($"| {size:N0} | {bytes:N0} | {Median(built):N1} | {Median(during.Select(waits => waits.P999)):N1} "
                + $"| {Median(without.Select(waits => waits.P999)):N1} | {Median(during.Select(waits => waits.Longest)) / 1000:N1} "
                + $"| {Median(without.Select(waits => waits.Longest)) / 1000:N1} |");
        }
    }

    // As a follower does that is sent a snapshot, without the lines.
    private static void Load(Replica replica, int size)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var snapshot = new SnapshotBuilder(replica.Key);
        snapshot.Begin(new()
        {
            Outcome = FeedOutcome.Entries, Epoch = "bench", Head = new((now * 1_000_000) + size), Chain = LogChain.Start("bench"), Now = now,
        });
        snapshot.Add(new()
        {
            Kind = LogEntryKind.Issuer, Position = new(1), At = now, Issuer = Issuer, Match = Match.Issuer, Record = Record.ToJson(),
        });
        for (var i = 1; i < size; i++)
        {
            var by = new LogPosition((now * 1_000_000) + i);
            snapshot.Add(new()
            {
                Kind = LogEntryKind.State, Position = by, At = now, Issuer = Issuer, Match = Match.Session($"session-{i}"),
                State = new(new(by, now), default, default, default, now + 3600),
            });
        }

        snapshot.End(size);
        replica.Load(snapshot, isFork: false);
    }

    private static async Task<Waits> MeasureAsync(Replica replica, Task until)
    {
        var waits = await Task.Run(() =>
        {
            var (judge, facts, all) = (new Judge(replica, TimeProvider.System), FactsOf(replica), new List<double>(1 << 24));
            while (!until.IsCompleted)
            {
                var began = Stopwatch.GetTimestamp();
                judge.Decide(facts, TimeSpan.FromSeconds(5));
                all.Add(Stopwatch.GetElapsedTime(began).TotalMicroseconds);
            }

            all.Sort();
            return new Waits(all[(int)(all.Count * 0.999)], all[^1]);
        });
        await until;
        return waits;
    }

    private static TokenFacts FactsOf(Replica replica)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var payload = $$"""
            {"iss":"{{Issuer}}","sub":"alice","aud":"orders","client_id":"web","jti":"t","sid":"s","iat":{{now}},"exp":{{now + 3600}},
            "auth_time":{{now}},"lpos":{{now * 1_000_000}}}
            """;
        var text = $"{Encoded("""{"alg":"ES256","typ":"at+jwt","kid":"k"}""")}.{Encoded(payload)}.{new string('A', 86)}";
        return CompactJws.TryRead(text, out var jws, out _) && TokenFacts.TryCreate(jws, replica.FindIssuer(Issuer)!, null, out var facts, out _)
            ? facts
            : throw new InvalidOperationException("The benchmark's token is not read.");
    }

    private static string Encoded(string json) => System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(json));

    private static double Median(IEnumerable<double> values) => values.Order().ToArray() is var ordered ? ordered[ordered.Length / 2] : 0;

    private readonly record struct Waits(double P999, double Longest);
}
