using System.Globalization;

namespace Rescind.Simulation;

/// <summary>
/// Authority, feed and verifiers in one thread, with time, network and chance from one seed. A failing seed prints
/// itself and its last steps; <c>RESCIND_SEED=n</c> runs that one alone, <c>RESCIND_FULL=1</c> ten times as many.
/// </summary>
public sealed class Runs
{
    private const int Steps = 2_000;

    [Fact]
    public void No_seed_breaks_a_promise()
    {
        var seen = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var seed in Seeds())
        {
            foreach (var (what, count) in Play(seed).Seen)
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
                    "forked", "frozen", "jumped", "killed",
                "lifted", "loaded", "lost", "paused", "restarted", "restored", "restored silently", "stepped", "suspended",
            ]).Where(what => !seen.ContainsKey(what)).ShouldBeEmpty();
        }
    }

    [Fact]
    public void One_seed_is_one_run()
    {
        Play(7).LastSteps.ShouldBe(Play(7).LastSteps);
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

        var count = Environment.GetEnvironmentVariable("RESCIND_FULL") == "1" ? 2_000 : 200;
        return Enumerable.Range(1, count).Select(number => (ulong)number);
    }

    private static World Play(ulong seed)
    {
        var story = new Story(seed);
        try
        {
            story.Play(Steps);
            return story.World;
        }
        catch (Exception broken)
        {
            throw new BrokenPromiseException(
                $"Seed {seed}: {broken.Message}\n{string.Join('\n', story.World.LastSteps)}\nRESCIND_SEED={seed} runs it "
                    + $"again.\n{broken.StackTrace}");
        }
    }
}
