using System.Globalization;

namespace Rescind.Simulation;

/// <summary>
/// Nodes, store, feed and verifiers on one thread, with time, network and chance from one seed. A failing seed prints
/// itself and its last steps; <c>RESCIND_SEED=n</c> runs that one alone, <c>RESCIND_FULL=1</c> many more.
/// </summary>
public sealed class Runs
{
    private const int Steps = 2_000;

    [Fact]
    public async Task No_seed_breaks_a_promise()
    {
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var seed in Seeds())
        {
            foreach (var (what, count) in (await PlayAsync(seed)).Seen)
            {
                seen[what] = seen.GetValueOrDefault(what) + count;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}")));
        if (ChosenSeed is null)
        {
            ((string[])
            [
                "Conflict", "Gone", "Reauthenticate", "Renew", "Revoked", "Unknown", "Valid", "acknowledged", "cached", "cut",
                "did not start", "forked", "frozen", "in force", "jumped", "keys rotated", "killed", "lifted", "loaded",
                "logged out", "lost", "paused", "refreshed", "refused", "restarted", "restored", "restored silently", "shortened",
                "stepped", "store conflicts", "store cut off", "store failed", "suspended",
            ]).Where(what => !seen.ContainsKey(what)).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task One_seed_is_one_run()
    {
        var once = await PlayAsync(7);
        var again = await PlayAsync(7);

        again.Last.ShouldBe(once.Last);
        again.Digest.ShouldBe(once.Digest);
    }

    private static ulong? ChosenSeed =>
        ulong.TryParse(Environment.GetEnvironmentVariable("RESCIND_SEED"), NumberStyles.None, CultureInfo.InvariantCulture,
            out var seed) ? seed : null;

    private static IEnumerable<ulong> Seeds()
    {
        if (ChosenSeed is { } seed)
        {
            return [seed];
        }

        var count = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? 10_000 : 200;
        return Enumerable.Range(1, count).Select(number => (ulong)number);
    }

    private static async Task<Trace> PlayAsync(ulong seed)
    {
        var story = new Story(seed);
        try
        {
            await OneThread.RunAsync(() => story.PlayAsync(Steps));
            return story.World.Trace;
        }
        catch (Exception broken)
        {
            throw new BrokenPromiseException(
                $"Seed {seed}: {broken.Message}\n{string.Join('\n', story.World.Trace.Last)}\nRESCIND_SEED={seed} runs it "
                    + $"again.\n{broken.StackTrace}");
        }
    }
}
