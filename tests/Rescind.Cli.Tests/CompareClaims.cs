using Rescind.Comparison;

namespace Rescind.Cli.Tests;

/// <summary>
/// What docs/guide/choosing.md says of every run, each as the sentence that stands there and as what it means.
/// </summary>
internal static class CompareClaims
{
    private static readonly string[] AskingWays = ["blocklist-sqlite", "stamp", "server-sessions", "introspection"];

    public static IReadOnlyList<(string Sentence, Func<ComparisonResult, bool> Holds)> All { get; } =
    [
        ("A stolen copy outlives the logout longest where only the client deletes its token, and minutes with short expiry.",
            run => Worst(run, "client-removal") > Worst(run, "short-expiry") && Worst(run, "short-expiry") > 60_000),
        ("With Rescind it is refused within the bound of five seconds, in half of the cases within a second.",
            run => Worst(run, "rescind") < 5_000 && Of(run, "rescind").Exposure.P50Ms < 1_000),
        ("Where every request asks, the next request is refused.", run => AskingWays.All(way => Worst(run, way) == 0)),
        ("Where every request asks, it costs at least one call; with the other ways none.",
            run => AskingWays.All(way => Calls(run, way) >= 1)
                && new[] { "client-removal", "short-expiry", "rescind" }.All(way => Calls(run, way) == 0)),
        ("Introspection costs the most processor time and latency of all.",
            run => run.Ways.All(way => way.Id == "introspection"
                || (way.Cost.AddedCpuUs < Cpu(run, "introspection")
                    && way.Cost.AddedP50Ms < Of(run, "introspection").Cost.AddedP50Ms))),
        ("The stamp costs more processor time than the blocklist in SQLite, and than a token that nobody looks up.",
            run => Cpu(run, "stamp") > Cpu(run, "blocklist-sqlite") && Cpu(run, "stamp") > Cpu(run, "client-removal")),
        ("Without its store, every way that asks serves nobody; Rescind serves for its bound and then says 503; no logged-out "
            + "person is let in.",
            run => AskingWays.All(way => Of(run, way).Outage!.ServedUntilSeconds < 1)
                && Of(run, "rescind").Outage!.Good.ContainsKey("503") && Of(run, "rescind").Outage!.ServedUntilSeconds > 1
                && AskingWays.Append("rescind").All(way => !Of(run, way).Outage!.Revoked.ContainsKey("200"))),
    ];

    public static WayResult Of(ComparisonResult run, string id) => run.Ways.Single(way => way.Id == id);

    private static double Worst(ComparisonResult run, string id) => Of(run, id).Exposure.WorstMs;

    private static double Cpu(ComparisonResult run, string id) => Of(run, id).Cost.AddedCpuUs;

    private static double Calls(ComparisonResult run, string id) => Of(run, id).Cost.CallsPerRequest;
}
