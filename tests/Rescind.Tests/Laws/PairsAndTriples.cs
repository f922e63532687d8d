using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>
/// Each match with each effect that it allows, against each other: whatever two or three acts stand, lifted or not,
/// arrived in whatever order or read after a restart, the judge says what a scan of the acts says. Pairs are tried all;
/// triples are drawn, a million with RESCIND_FULL.
/// </summary>
public sealed class PairsAndTriples
{
    private static readonly Token[] Tokens =
    [
        new("t1", "s1", "a", "b", "x", ["x"], Scenario.Second, Scenario.Second + 300)
        {
            Lpos = At(1), AuthTime = Scenario.Second - 1, Thumbprint = "thumb",
        },
        new("t2", "s2", "b", "a", "y", ["y", "x"], Scenario.Second + 6,
            Scenario.Second + 300) { Lpos = At(3), AuthTime = Scenario.Second + 6 },
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_pair(bool own)
    {
        var acts = Scenario.EveryAct(own);
        var tried = 0;
        foreach (var first in acts)
        {
            foreach (var second in acts)
            {
                for (var lifted = 0; lifted < 4; lifted++)
                {
                    Agree(own, [first, second], lifted, later: 0, reversed: (lifted & 1) == 1);
                    tried++;
                }
            }
        }

        tried.ShouldBe(acts.Count * acts.Count * 4);
    }

    [Fact]
    public void Triples_in_every_order_after_restarts_and_at_every_moment() => Gen.Select(
        Gen.Bool, Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Int[0, int.MaxValue], Gen.Int[0, 7],
        Gen.Int[-40, 380], Gen.Bool).Sample(
        (own, a, b, c, lifted, later, reversed) =>
        {
            var acts = Scenario.EveryAct(own);
            Agree(own, [acts[a % acts.Count], acts[b % acts.Count], acts[c % acts.Count]], lifted, later, reversed);
        },
        iter: Cases.Of(1));

    private static long At(int act) => Scenario.FirstPosition + (act * 10) - 5;

    private static void Agree(bool own, Act[] drawn, int lifted, int later, bool reversed)
    {
        var acts = drawn.Select((act, i) => act with { Position = At(i + 1) + 5, Lifted = (lifted & (1 << i)) != 0 });
        var issuer = TestLog.Record(own, new(300, 3600, own ? 0 : 2, 30));
        var scenario = new Scenario(issuer, [.. acts], Tokens, Scenario.Second + later).WithDigests();

        // A restart reads the last states alone, in no particular order.
        var last = scenario.Entries().GroupBy(entry => (entry.Kind, entry.Match)).Select(entries => entries.Last());
        DeadWins.Agrees(scenario, TestLog.Replica(new ManualClock(scenario.Now), [.. reversed ? last.Reverse() : last]));
    }
}
