namespace Rescind.Benchmarks.Scale;

/// <summary>What there is very much of: entries, followers, sessions, pages. Each of the rounds by its name.</summary>
internal static class ScaleRounds
{
    /// <summary>The arguments that make this program one part of the rounds of snapshots.</summary>
    public const string AuthorityPart = "scale-authority";
    public const string VerifierPart = "scale-verifier";

    public static readonly IReadOnlyList<string> Names = ["snapshot", "replica", "followers", "tail", "lists", "sessions"];

    public static async Task RunAsync(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            Console.WriteLine($"## {name}\n");
            await (name switch
            {
                "snapshot" => SnapshotRounds.RunAsync(sizes: [1_000, 1_000_000], rounds: 3),
                "replica" => ReplicaRounds.RunAsync(sizes: [1_000_000, 5_000_000], rounds: 3),
                "followers" => FollowerRounds.RunAsync(few: 50, many: 5_000, rounds: 5),
                "tail" => TailRounds.RunAsync(entries: 100_000, together: 50, rounds: 3),
                "lists" => ListRounds.RunAsync(rows: 100_000),
                _ => SessionRounds.RunAsync(rows: 100_000, window: TimeSpan.FromSeconds(3)),
            });
            Console.WriteLine();
        }
    }
}
