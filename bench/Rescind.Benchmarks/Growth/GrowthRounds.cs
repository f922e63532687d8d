namespace Rescind.Benchmarks.Growth;

/// <summary>
/// What everything that the Authority asks of its store costs with few rows in every table and with very many, side by
/// side. Steps are counted by SQLite, and the same on every machine; processor time is that of the process.
/// </summary>
internal static class GrowthRounds
{
    public static async Task RunAsync(int few, int many, int times)
    {
        await using var small = await GrownStore.CreateAsync(few);
        Console.Error.WriteLine($"{few:N0} rows are there");
        await using var large = await GrownStore.CreateAsync(many);
        Console.Error.WriteLine($"{many:N0} rows are there");

        Console.WriteLine($"| operation | steps, {few:N0} rows | steps, {many:N0} rows | ratio | scanned | CPU ratio |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var ((name, onSmall), (_, onLarge)) in small.Operations.Zip(large.Operations))
        {
            var (before, after) = (await small.MeasureAsync(onSmall, times), await large.MeasureAsync(onLarge, times));
            Console.WriteLine(
                $"| {name} | {before.Steps:N0} | {after.Steps:N0} | {Ratio(after.Steps, before.Steps):N2} | {after.Scanned:N0} "
                    + $"| {Ratio(after.Processor.Ticks, before.Processor.Ticks):N1} |");
        }
    }

    private static double Ratio(long after, long before) => (double)after / Math.Max(before, 1);
}
