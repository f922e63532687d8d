using Rescind.Tests.Laws;

namespace Rescind.Tests.Verdicts;

public sealed class ZeroAllocation
{
    private const int Live = 1_000_000;

    private static readonly Slot Cutoff = new(new(Scenario.FirstPosition), Scenario.Second);
    private static readonly RevocationState Plain = new(Cutoff, default, default, default, RevocationState.Never);
    private static readonly RevocationState Aside = new(default, Cutoff, default, default, RevocationState.Never);

    [Fact]
    public void A_verdict_over_a_million_live_entries_allocates_nothing()
    {
        var clock = new ManualClock(Scenario.Second);
        var replica = Filled(clock);
        var judge = new Judge(replica, clock);
        string[] subjects = ["u7", "u8", "u10", "u21", "nobody"];
        TokenFacts[] tokens =
            [.. subjects.Select(subject => Token(subject, own: true)), .. subjects.Select(subject => Token(subject, own: false))];
        var verdicts = new int[Enum.GetValues<VerdictKind>().Length];

        // What was compiled in haste may box; on a busy machine it takes a while until the runtime has compiled it well.
        long allocated;
        var tries = 0;
        do
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            DecideAll(judge, tokens, verdicts, rounds: 2_000);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }
        while (allocated > 0 && ++tries < 200);

        allocated.ShouldBe(0);
        replica.Count.ShouldBe(Live);
        verdicts[(int)VerdictKind.Valid].ShouldBeGreaterThan(0);
        verdicts[(int)VerdictKind.Revoked].ShouldBeGreaterThan(0);
        verdicts[(int)VerdictKind.Renew].ShouldBeGreaterThan(0);
    }

    private static void DecideAll(Judge judge, TokenFacts[] tokens, int[] verdicts, int rounds)
    {
        for (var round = 0; round < rounds; round++)
        {
            foreach (var token in tokens)
            {
                verdicts[(int)judge.Decide(token, TimeSpan.FromSeconds(5)).Kind]++;
            }
        }
    }

    // Its tokens are from before the change, so they are judged by the numbers from then.
    private static IssuerRecord Changed(IssuerRecord record) =>
        record.WithLimits(record.Limits with { Leeway = 60 }, now: Scenario.Second);

    // Every kind, every fifth entry in the side table.
    private static Replica Filled(ManualClock clock)
    {
        var replica = TestLog.Replica(
            clock, TestLog.Entry(TestLog.Record(own: true)), TestLog.Entry(Changed(TestLog.Record(own: false))));
        foreach (var batch in Enumerable.Range(0, Live).Chunk(10_000))
        {
            replica.Append([.. batch.Select(EntryOf)], TestLog.Head("e", 1));
        }

        return replica;
    }

    private static LogEntry EntryOf(int i) =>
        TestLog.Entry(i % 2 == 0 ? TestLog.Own : TestLog.Foreign, MatchOf(i), i % 10 < 2 ? Aside : Plain);

    private static Match MatchOf(int i) => (i % 11) switch
    {
        0 => Match.Token($"t{i}"),
        1 => Match.Session($"s{i}"),
        2 => Match.Client($"c{i}"),
        3 => Match.Tag("tenant", $"x{i}"),
        4 => Match.Key($"k{i}"),
        5 => Match.Digest($"d{i}"),
        _ => Match.Subject($"u{i}"),
    };

    private static TokenFacts Token(string subject, bool own) => TestToken.Read(
        TestToken.Of($$"""
            {"iss":"{{(own ? TestLog.Own : TestLog.Foreign)}}","sub":"{{subject}}","client_id":"web","jti":"t-1","sid":"s-1",
             "tenant":"acme",
             "roles":["a","b"],"exp":1767225700,"iat":1767225590,"auth_time":1767220000,"lpos":0}
            """),
        TestLog.Record(own));
}
