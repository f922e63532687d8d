using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>Any match that says dead wins, whatever other rules exist at other levels, in every order of arrival.</summary>
public sealed class DeadWins
{
    [Fact]
    public void The_judge_agrees_with_a_scan_of_every_act() => Scenario.Any(8).Sample(
        scenario => Agrees(scenario, TestLog.Replica(new ManualClock(scenario.Now), scenario.Entries())), iter: Cases.Of(0.4));

    [Fact]
    public void Acts_of_a_log_that_was_left_at_a_fork_still_kill() => Scenario.Any(6).Sample(
        scenario =>
        {
            var replica = TestLog.Replica(new ManualClock(scenario.Now), scenario.Entries(log: 0));
            replica.Load(TestLog.Snapshot(replica, "another", 1, scenario.Entries(log: 1)), isFork: true);
            Agrees(scenario, replica);
        },
        iter: Cases.Of(0.1));

    [Fact]
    public void The_last_states_say_the_same_in_every_order_of_arrival() => Scenario.Any(6).SelectMany(
        scenario => Gen.Shuffle(LastStates(scenario)).Select(entries => (scenario, entries))).Sample(
        (scenario, entries) => Agrees(scenario, TestLog.Replica(new ManualClock(scenario.Now), entries)), iter: Cases.Of(0.1));

    [Fact]
    public void Applying_a_log_twice_changes_nothing() => Scenario.Any(6).Sample(
        scenario =>
        {
            var replica = TestLog.Replica(new ManualClock(scenario.Now), scenario.Entries());
            var count = replica.Count;
            replica.Append([.. scenario.Entries().SelectMany(entry => new[] { entry, entry })], TestLog.Head("e", 1));
            replica.Count.ShouldBe(count);
            Agrees(scenario, replica);
        },
        iter: Cases.Of(0.1));

    [Fact]
    public void A_state_is_the_same_in_every_order_of_its_acts() => Scenario.Any(6).SelectMany(
        scenario => Gen.Shuffle(scenario.Acts).Select(acts => (scenario, acts))).Sample(
        (scenario, acts) =>
        {
            // Every act on one match: the algebra merges slots, and does not ask whether the match allows the effect.
            var straight = scenario.Acts.Select(act => act.ToRevocation(TestLog.Own, act.Lifted, act.Second)).ToList();
            var shuffled = acts.Select(act => act.ToRevocation(TestLog.Own, act.Lifted, act.Second));
            RevocationState.Of(shuffled, scenario.Issuer.Own).ShouldBe(RevocationState.Of(straight, scenario.Issuer.Own));
        },
        iter: Cases.Of(0.1));

    private static LogEntry[] LastStates(Scenario scenario) =>
        [.. scenario.Entries().GroupBy(entry => (entry.Kind, entry.Match)).Select(entries => entries.Last())];

    internal static void Agrees(Scenario scenario, Replica replica)
    {
        var judge = new Judge(replica, new ManualClock(scenario.Now));
        foreach (var token in scenario.Tokens)
        {
            var (kind, by) = NaiveModel.Judge(scenario, token);
            var verdict = judge.Decide(scenario.Facts(token), TimeSpan.Zero);
            if (verdict.Kind != kind || (by.Length > 0 && !by.Contains(verdict.By.Value)))
            {
                throw new InvalidOperationException(
                    $"The judge says {verdict}, the list of acts {kind} by {string.Join(',', by)}, of {token}");
            }
        }
    }
}
