using System.Diagnostics;
using Rescind.Authority.Feeding;
using Rescind.Authority.Revocations;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// One Authority with few and with very many verifiers: what one poll costs it, one that is held, a commit that wakes
/// all who wait, a receipt, and the saving of all of them. Without HTTP, but for one row: there the clients are in the
/// same process, and their work is in it.
/// </summary>
internal static class FollowerRounds
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(int few, int many, int rounds)
    {
        var columns = new List<List<(string Name, Samples Samples)>>();
        foreach (var count in (int[])[few, many])
        {
            await using var followers = await KnownFollowers.StartAsync(count);
            columns.Add(
            [
                .. await RepeatAsync(rounds, () => PollAsync(followers)),
                .. await RepeatAsync(rounds, () => HoldAsync(followers)),
                .. await RepeatAsync(rounds, () => CommitAsync(followers, followers.PollAsync, "without HTTP")),
                .. await RepeatAsync(rounds, () => CommitAsync(followers, followers.PollOverHttpAsync, "over HTTP")),
                .. await RepeatAsync(rounds, () => ReceiptAsync(followers)),
                .. await RepeatAsync(rounds, () => SaveAsync(followers)),
            ]);
        }

        Console.WriteLine($"| with so many verifiers | {few:N0} | {many:N0} |\n|---|---|---|");
        foreach (var (one, other) in columns[0].Zip(columns[1]))
        {
            Console.WriteLine($"| {one.Name} | {one.Samples.Spread("0.0")} | {other.Samples.Spread("0.0")} |");
        }
    }

    // The first compiles, and is not counted.
    private static async Task<IEnumerable<(string, Samples)>> RepeatAsync(
        int rounds, Func<Task<(string Name, double Value)[]>> run)
    {
        var all = new List<(string Name, double Value)>();
        await run();
        for (var round = 0; round < rounds; round++)
        {
            all.AddRange(await run());
        }

        return all.GroupBy(one => one.Name, static (name, values) => (name, new Samples(values.Select(one => one.Value))));
    }

    private static async Task<(string, double)[]> PollAsync(KnownFollowers followers)
    {
        const int polls = 20_000;
        var (clock, allocated) = (Stopwatch.StartNew(), GC.GetTotalAllocatedBytes(precise: true));
        for (var i = 0; i < polls; i++)
        {
            await followers.PollAsync(i % followers.Count, TimeSpan.Zero);
        }

        return
        [
            ("one poll that is answered at once, µs", clock.Elapsed.TotalMicroseconds / polls),
            ("allocated by it, bytes", (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)polls),
        ];
    }

    private static async Task<(string, double)[]> HoldAsync(KnownFollowers followers)
    {
        var (before, times) = (KnownFollowers.Processor, Math.Max(1, 2_000 / followers.Count));
        for (var time = 0; time < times; time++)
        {
            await Task.WhenAll(
                Enumerable.Range(0, followers.Count).Select(i => followers.PollAsync(i, TimeSpan.FromMilliseconds(100))));
        }

        var each = (KnownFollowers.Processor - before) / (times * followers.Count);
        return [("one poll that is held until it gives up, µs of CPU", each)];
    }

    private static async Task<(string, double)[]> CommitAsync(
        KnownFollowers followers, Func<int, TimeSpan, Task> poll, string how)
    {
        var last = 0L;
        var waiting = Task.WhenAll(Enumerable.Range(0, followers.Count).Select(async i =>
        {
            await poll(i, Long);
            InterlockedMax(ref last, Stopwatch.GetTimestamp());
        }));
        await Task.Delay(how == "over HTTP" ? 3_000 : 500);
        var (processor, began) = (KnownFollowers.Processor, Stopwatch.GetTimestamp());
        await followers.Get<IRevocations>().RevokeAsync(Match.Token(Entropy.System.NextId()), "measured");
        var acknowledged = Stopwatch.GetElapsedTime(began);
        await waiting;
        return
        [
            ($"a commit while all wait {how}: acknowledged after, ms", acknowledged.TotalMilliseconds),
            ($"the last of them answered {how} after, ms",
                Stopwatch.GetElapsedTime(began, Interlocked.Read(ref last)).TotalMilliseconds),
            ($"CPU of all that {how}, ms", (KnownFollowers.Processor - processor) / 1000),
        ];
    }

    // Each polls again as soon as it is answered, which acknowledges.
    private static async Task<(string, double)[]> ReceiptAsync(KnownFollowers followers)
    {
        using var done = new CancellationTokenSource();
        var polling = Task.WhenAll(Enumerable.Range(0, followers.Count).Select(async i =>
        {
            while (!done.IsCancellationRequested)
            {
                await followers.PollAsync(i, TimeSpan.FromSeconds(1));
            }
        }));
        await Task.Delay(500);
        var began = Stopwatch.GetTimestamp();
        var receipt = await followers.Get<IRevocations>().RevokeAndWaitAsync(
            Match.Token(Entropy.System.NextId()), "measured", TimeSpan.FromSeconds(10));
        var elapsed = Stopwatch.GetElapsedTime(began);
        await done.CancelAsync();
        await polling;
        return receipt.InForce is { } all && all.Applied == followers.Count
            ? [("a receipt: in force at all after, ms", elapsed.TotalMilliseconds)]
            : throw new InvalidOperationException("A verifier is missing.");
    }

    // Others need the writer meanwhile: one small change after another.
    private static async Task<(string, double)[]> SaveAsync(KnownFollowers followers)
    {
        await Task.WhenAll(Enumerable.Range(0, followers.Count).Select(i => followers.PollAsync(i, TimeSpan.Zero)));
        var (verifiers, revocations, longest) = (followers.Get<VerifierRegistry>(), followers.Get<IRevocations>(), 0.0);
        var clock = Stopwatch.StartNew();
        var saving = Task.Run(async () =>
        {
            await verifiers.SaveAsync(CancellationToken.None);
            clock.Stop();
        });
        while (!saving.IsCompleted)
        {
            var began = Stopwatch.GetTimestamp();
            await revocations.RevokeAsync(Match.Token(Entropy.System.NextId()), "measured");
            longest = Math.Max(longest, Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        await saving;
        return
        [
            ("all of them saved in, ms", clock.Elapsed.TotalMilliseconds),
            ("the longest that anybody waited for the writer meanwhile, ms", longest),
        ];
    }

    private static void InterlockedMax(ref long value, long other)
    {
        for (var seen = Interlocked.Read(ref value); seen < other; seen = Interlocked.Read(ref value))
        {
            if (Interlocked.CompareExchange(ref value, other, seen) == seen)
            {
                return;
            }
        }
    }
}
