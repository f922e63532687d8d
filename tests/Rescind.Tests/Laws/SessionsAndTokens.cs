using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>Sessions at the Authority and tokens at the verifiers are judged by one algebra.</summary>
public sealed class SessionsAndTokens
{
    private static readonly MatchKind[] OfTokensAlone = [MatchKind.Token, MatchKind.Digest, MatchKind.Key];

    [Fact]
    public void A_session_and_the_token_of_its_start_die_by_the_same_acts() => Gen.Select(
        Scenario.Any(8).Where(scenario => scenario.Issuer.Own), Gen.Int[0, 18]).Sample(
        (scenario, started) =>
        {
            var head = Scenario.FirstPosition + (started * 5);
            var token = new Token("t9", "s1", "a", "b", "x", ["x"], Scenario.Second, Scenario.Second + 300)
            {
                Lpos = head,
                AuthTime = Scenario.Second,
            };
            var mine = scenario with
            {
                Now = Scenario.Second + 5,
                Acts = [.. scenario.Acts.Where(act => !OfTokensAlone.Contains(act.Kind))],
            };

            var session = SessionJudge.Decide(
                SessionOf(token, head), mine.Acts.Select(act => act.ToRevocation(TestLog.Own, act.Lifted)), mine.Now);
            var clock = new ManualClock(mine.Now);
            var verdict = new Judge(TestLog.Replica(clock, mine.Entries()), clock).Decide(mine.Facts(token), TimeSpan.Zero);

            (session.Kind is not SessionVerdictKind.Live).ShouldBe(verdict.Kind is VerdictKind.Revoked);
        },
        iter: Cases.Of(0.06));

    [Fact]
    public void Acts_on_others_touch_no_session()
    {
        var session = new SessionFacts("s1", "a", "web", [new("tenant", "x", new(5))], new(5), 0);
        Match[] others =
        [
            Match.Session("s2"), Match.Subject("web"), Match.Client("a"), Match.Tag("tenant", "y"), Match.Tag("x", "tenant"),
            Match.Token("s1"), Match.Key("s1"),
        ];
        var acts = others.Select(
            (match, i) => new Act(match.Kind, match.Name, match.Value, Effect.End, 10 + i, 0, Lifted: false, Log: 0))
            .Select(act => act.ToRevocation(TestLog.Own, lifted: false));

        SessionJudge.Decide(session, acts, now: 100).Kind.ShouldBe(SessionVerdictKind.Live);
        SessionJudge.MatchesOf(session).ShouldNotContain(match => others.Contains(match));
    }

    private static SessionFacts SessionOf(Token token, long head)
    {
        SessionTag Tag(string name, string value) => new(name, value, new(head));
        return new(token.Sid!, token.Sub, token.Client,
            [Tag("tenant", "x"), Tag("roles", "x"), Tag("level", "7"), Tag("sub", "a")], new(head), 0);
    }
}
