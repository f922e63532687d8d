using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>
/// Acts that spare sessions never reach a verifier as such: each session that they select gets an entry of its own.
/// Whoever reads those entries must come to what the acts say, and so must the judge of sessions.
/// </summary>
public sealed class SparingActs
{
    private static readonly Gen<SparingAct> AnyAct = Gen.Select(
        Gen.Int[0, 3], Gen.Bool, Gen.Int[-6, 3], Gen.Int[0, 7], Gen.Bool,
        (match, renew, before, except, lifted) =>
            new SparingAct(match, renew ? Effect.Renew : Effect.End, before, except, lifted));

    [Fact]
    public void Verifiers_and_sessions_come_to_what_the_acts_say() =>
        Gen.Select(AnyAct.Array[1, 5], Gen.Int[0, 5].Array[3]).Sample(
            (acts, starts) =>
            {
                var log = new SparingLog(acts, starts);
                var clock = new ManualClock(Scenario.Second + 10);
                var judge = new Judge(TestLog.Replica(clock, log.Entries()), clock);
                foreach (var session in log.Sessions)
                {
                    var (ended, renewed) = (log.Says(session, Effect.End), log.Says(session, Effect.Renew));

                    judge.Decide(SparingLog.FirstTokenOf(session), TimeSpan.Zero).Kind
                        .ShouldBe(ended ? VerdictKind.Revoked : renewed ? VerdictKind.Renew : VerdictKind.Valid);
                    (SessionJudge.Decide(session, log.Acts, clock.Now).Kind is SessionVerdictKind.Ended).ShouldBe(ended);
                }
            },
            iter: Cases.Of(0.1));
}

/// <summary>What was drawn: a match, an effect, seconds from the beginning, and a bit for each session that is spared.</summary>
internal sealed record SparingAct(int Match, Effect Effect, int Before, int Except, bool Lifted);

/// <summary>Three sessions that began before some of the acts, and the log that an Authority would have written.</summary>
internal sealed class SparingLog
{
    private readonly SparingAct[] _drawn;

    public SparingLog(SparingAct[] drawn, int[] starts)
    {
        _drawn = drawn;
        Sessions = [.. starts.Select((start, i) => new SessionFacts(
            $"s{i}", i == 2 ? "b" : "a", "web", [new("tenant", "x", PositionOf(start))], PositionOf(start),
            Scenario.Second - 5 + start))];
        Acts = [.. drawn.Select(ToRevocation)];
    }

    public IReadOnlyList<SessionFacts> Sessions { get; }

    public IReadOnlyList<Revocation> Acts { get; }

    /// <summary>Whether an act stands against the session: a scan, by what was drawn.</summary>
    public bool Says(SessionFacts session, Effect effect) => _drawn.Index().Any(act =>
        !act.Item.Lifted && act.Item.Effect == effect && Names(act.Item, session) && session.Started < Acts[act.Index].Position
        && (act.Item.Except & (1 << Sessions.ToList().IndexOf(session))) == 0
        && (act.Item.Before >= 0 || session.StartedAt < Scenario.Second + act.Item.Before));

    public static TokenFacts FirstTokenOf(SessionFacts session)
    {
        var token = new Token("t", session.Id, session.Subject, session.ClientId, "x", [], Scenario.Second, Scenario.Second + 300)
        {
            Lpos = session.Started.Value, AuthTime = Scenario.Second,
        };
        return TestToken.Read(token.ToText(TestLog.Own), TestLog.Record(own: true), null);
    }

    public LogEntry[] Entries() =>
    [
        TestLog.Entry(TestLog.Record(own: true)),
        .. Sessions.Select(session => TestLog.Entry(
            TestLog.Own, Match.Session(session.Id),
            RevocationState.Of(Acts.Where(act => act.BySession && SessionJudge.Selects(act, session)), ownIssuer: true))),
        .. Acts.Where(act => !act.BySession).GroupBy(act => act.Match)
            .Select(acts => TestLog.Entry(TestLog.Own, acts.Key, RevocationState.Of(acts, true))),
    ];

    private static LogPosition PositionOf(int place) => new(Scenario.FirstPosition + (place * 10) - 5);

    private static bool Names(SparingAct act, SessionFacts session) =>
        act.Match switch { 0 => session.Subject == "a", _ => true };

    private Revocation ToRevocation(SparingAct drawn, int place)
    {
        var at = Scenario.Second;
        var before = at + Math.Min(drawn.Before, 0);
        return new()
        {
            Position = new(Scenario.FirstPosition + (place * 10)),
            At = at,
            Issuer = TestLog.Own,
            Match = drawn.Match switch
            {
                0 => Match.Subject("a"),
                1 => Match.Client("web"),
                2 => Match.Tag("tenant", "x"),
                _ => Match.Issuer,
            },
            Effect = drawn.Effect,
            Second = before,
            BySession = before < at || drawn.Except != 0,
            Except = [.. Enumerable.Range(0, 3).Where(i => (drawn.Except & (1 << i)) != 0).Select(i => $"s{i}")],
            Reason = "a law",
            Actor = "client:laws",
            RememberUntil = RevocationState.Never,
            LiftedBy = drawn.Lifted ? new(Scenario.FirstPosition + 1_000) : null,
        };
    }
}
