using System.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Benchmarks.Scale;

/// <summary>
/// Followers that are very many entries behind, until they are at the head: from memory, and from the store after a restart.
/// </summary>
internal static class TailRounds
{
    private const int WrittenAtOnce = 5_000;

    public static async Task RunAsync(int entries, int together, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("rescind-scale-").FullName;
        try
        {
            Console.WriteLine(
                $"| {entries:N0} entries behind | answers each | s | of each, s | CPU of each, ms | allocated for each, MB |");
            Console.WriteLine("|---|---|---|---|---|---|");
            LogHead before;
            await using (var followers = await KnownFollowers.StartAsync(together, folder))
            {
                before = followers.Head;
                await WriteAsync(followers.Get<IRevocationStore>(), entries);
                await MeasureAsync("from memory", followers, before, together, rounds);
            }

            await using var again = await KnownFollowers.StartAsync(together, folder);
            await MeasureAsync("from the store", again, before, together, rounds);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteAsync(IRevocationStore store, int entries)
    {
        for (var at = 0; at < entries; at += WrittenAtOnce)
        {
            await Task.WhenAll(Enumerable.Range(at, Math.Min(WrittenAtOnce, entries - at)).Select(i => store.RevokeAsync(
                new()
                {
                    Issuer = KnownFollowers.Issuer, Match = Match.Session($"session-{i}"), Effect = Effect.End, Reason = "test",
                    Audit = AuditContext.System,
                },
                default)));
        }
    }

    private static async Task MeasureAsync(string name, KnownFollowers followers, LogHead before, int together, int rounds)
    {
        foreach (var count in (int[])[1, together])
        {
            var all = new List<Cost>();
            for (var round = 0; round < rounds; round++)
            {
                all.Add(await CatchUpAsync(followers, count, before));
            }

            Console.WriteLine($"| {name}, {count} at once | {all[0].Answers:N0} "
                + $"| {Of(static cost => cost.Seconds)} | {Of(cost => cost.Seconds / count)} "
                + $"| {Of(cost => cost.Processor / count / 1000)} | {Of(cost => cost.Allocated / count / 1024 / 1024)} |");

            string Of(Func<Cost, double> of) => new Samples(all.Select(of)).Spread("0.00");
        }
    }

    private static async Task<Cost> CatchUpAsync(KnownFollowers followers, int count, LogHead before)
    {
        var (clock, processor, allocated) =
            (Stopwatch.StartNew(), KnownFollowers.Processor, GC.GetTotalAllocatedBytes(precise: true));
        var answers = await Task.WhenAll(
            Enumerable.Range(0, count).Select(i => Task.Run(() => FollowAsync(followers, i, before))));
        return new(
            answers[0], clock.Elapsed.TotalSeconds, KnownFollowers.Processor - processor,
            GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }

    // Each answer is written as it would be sent.
    private static async Task<int> FollowAsync(KnownFollowers followers, int follower, LogHead before)
    {
        var (at, body) = (before, new System.Buffers.ArrayBufferWriter<byte>(2 * FeedTail.MaxBytes));
        for (var answers = 1; ; answers++)
        {
            var answer = await followers.PollAsync(follower, TimeSpan.Zero, at);
            body.ResetWrittenCount();
            FeedJson.Write(answer, body);
            if (!answer.More)
            {
                return answers;
            }

            at = new(answer.Epoch, answer.Entries[^1].Position, answer.Entries[^1].At, answer.Chain);
        }
    }

    private readonly record struct Cost(int Answers, double Seconds, double Processor, double Allocated);
}
