using System.Globalization;

namespace Rescind.StoreContract;

/// <summary>
/// Random sequences of calls against <see cref="StoreModel"/>, each from one seed. A failing seed prints itself and its steps;
/// <c>RESCIND_SEED=n</c> runs that one alone.
/// </summary>
public abstract class ModelContract : StoreSuite
{
    private const int StepsOfARun = 150;

    private static int? ChosenSeed => int.TryParse(
        Environment.GetEnvironmentVariable("RESCIND_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? seed
            : null;

    /// <summary>Opens what a kill -9 of this moment would leave, and lets the given store go.</summary>
    internal abstract Task<OpenedStore> OpenAfterKillAsync(OpenedStore store);

    /// <summary>The store of a run of its own: empty, on the clock of this test.</summary>
    internal abstract Task<OpenedStore> OpenEmptyAsync();

    [Fact]
    public async Task Whatever_is_called_in_whatever_order_the_store_answers_like_the_naive_model()
    {
        var seen = new HashSet<string>();
        foreach (var seed in ChosenSeed is { } chosen ? [chosen] : Enumerable.Range(1, CountOf(200)))
        {
            await RunAsync(seed, seen);
        }

        if (ChosenSeed is null)
        {
            // A run that never came to this would prove nothing about it.
            seen.ShouldBeSubsetOf(Expected);
            Expected.ShouldBeSubsetOf(seen);
        }
    }

    private static IReadOnlyCollection<string> Expected =>
    [
        "start", "refused", "Rotated", "Repeated", "Reused", "FromTheFuture", "Ended", "Blocked", "Expired", "Refused",
        "change Changed", "change Ended", "change Blocked", "change Expired",
        "revoke", "end", "end again", "end what is ended", "lift", "purge", "forgotten", "reopen", "kill",
        "look", "tell",
    ];

    private async Task RunAsync(int seed, HashSet<string> seen)
    {
        await using var run = new ModelRun(this, new Random(seed), await OpenEmptyAsync());
        try
        {
            for (var step = 0; step < StepsOfARun; step++)
            {
                await run.StepAsync();
            }

            await run.CompareAsync();
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Seed {seed}: {e.Message}\n{string.Join('\n', run.Steps.TakeLast(40))}", e);
        }

        seen.UnionWith(run.Seen);
    }
}
