using Rescind.Tests.Laws;

namespace Rescind.Tests.Verdicts;

public sealed class NeverTorn
{
    private static readonly Slot Slot = new(new(Scenario.FirstPosition + 5), Scenario.Second);
    private static readonly Slot Until = new(new(Scenario.FirstPosition + 6), Scenario.Second + 1_000_000);

    // Each of them kills the token, each by another way through the table.
    private static readonly RevocationState[] Deadly =
    [
        new(Slot, default, default, default, RevocationState.Never),
        new(default, default, default, Until, RevocationState.Never),
        new(Slot, Slot, default, default, RevocationState.Never),
        new(Slot, default, default, Until, RevocationState.Never),
    ];

    [Fact]
    public async Task A_writer_that_flips_between_deadly_states_never_lets_a_reader_see_valid()
    {
        var clock = new ManualClock(Scenario.Second);
        var replica = TestLog.Replica(
            clock, TestLog.Entry(TestLog.Record(own: true)), TestLog.Entry(TestLog.Own, Match.Subject("u"), Deadly[0]));
        var judge = new Judge(replica, clock);
        var facts = TestToken.Read(
            TestToken.Of($$"""
                {"iss":"{{TestLog.Own}}","sub":"u","client_id":"c","jti":"t","exp":1767225700,"iat":1767225600,
                "lpos":{{Scenario.FirstPosition}}}
                """),
            TestLog.Record(own: true));
        using var done = new CancellationTokenSource();
        using var reading = new CountdownEvent(2);

        var readers = Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(
            () => Read(judge, facts, reading, done.Token), done.Token, TaskCreationOptions.LongRunning,
            TaskScheduler.Default)).ToArray();
        reading.Wait(TestContext.Current.CancellationToken);
        Write(replica.View.Set, flips: (int)Cases.Of(1));
        await done.CancelAsync();

        foreach (var (verdicts, notRevoked) in await Task.WhenAll(readers))
        {
            verdicts.ShouldBeGreaterThan(0);
            notRevoked.ShouldBe(0);
        }
    }

    private static (long Verdicts, long NotRevoked) Read(
        Judge judge, TokenFacts facts, CountdownEvent reading, CancellationToken done)
    {
        reading.Signal();
        var (verdicts, notRevoked) = (0L, 0L);
        while (!done.IsCancellationRequested)
        {
            verdicts++;
            notRevoked += judge.Decide(facts, TimeSpan.FromSeconds(5)).Kind is VerdictKind.Revoked ? 0 : 1;
        }

        return (verdicts, notRevoked);
    }

    // Others come and are forgotten, so that the table grows and is rebuilt all the time.
    private static void Write(RevocationSet set, int flips)
    {
        for (var i = 1; i <= flips; i++)
        {
            set.Apply(TestLog.Own, Match.Subject("u"), Deadly[i % Deadly.Length]);
            set.Apply(TestLog.Own, Match.Subject($"other {i % 500}"), Deadly[0] with { RememberUntil = i });
            if (i % 400 == 0)
            {
                set.Purge(i - 100);
            }
        }
    }
}
