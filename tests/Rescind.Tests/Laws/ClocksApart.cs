using System.Text.Json.Nodes;
using CsCheck;

namespace Rescind.Tests.Laws;

/// <summary>
/// Clocks that differ by up to ten minutes, and the edges of what is remembered: a dead token is never taken, at no second (G6).
/// </summary>
public sealed class ClocksApart
{
    private const long Apart = 600;

    private static readonly long[] Begins = [1_767_225_600, int.MaxValue - 400L, uint.MaxValue - 400L];

    [Fact]
    public void No_verifier_takes_a_dead_token_around_the_second_at_which_it_is_forgotten() => Gen.Select(
        AnyOf(Begins), AnyOf(10, 300, 3600, 31_536_000), AnyOf(0, 30, 300), Gen.Long[-Apart, Apart],
        Gen.Long[-Apart, Apart], Gen.Long[-3, 3], Gen.Bool, Gen.Int[0, 2]).Sample(
        (begin, lifetime, leeway, authority, verifier, around, isNew, what) =>
        {
            var issuer = TestLog.Record(own: true, new(lifetime, lifetime * 2, 0, leeway));
            var facts = Token(issuer, begin + authority, lifetime);
            var match = what switch { 0 => facts.Token, 1 => Match.Session("s"), _ => Match.Subject("a") };
            var act = Act(issuer, match, begin + authority);
            var state = TestLog.Entry(issuer.Issuer, match, RevocationState.Of([act], ownIssuer: true), act.Position.Value);
            var clock = new ManualClock(begin) { SetBy = verifier };
            var replica = TestLog.Replica(clock, TestLog.Entry(issuer), state);

            clock.Now = act.RememberUntil - Math.Min(authority, verifier) + around;
            replica.Prove(FreshnessProof.Always, clock.Now + authority);
            replica.Purge();
            if (isNew)
            {
                replica = TestLog.Replica(clock, TestLog.Entry(issuer));
                var isSent = act.RememberUntil >= clock.Now + authority - Retention.ForgettingMargin;
                replica.Append(isSent ? [state] : [], TestLog.Head("e", act.Position.Value));
            }

            new Judge(replica, clock).Decide(facts, TimeSpan.Zero).IsValid.ShouldBeFalse();
        },
        iter: Cases.Of(0.2));

    [Fact]
    public void What_is_remembered_until_a_second_is_held_in_it_and_forgotten_after_it_in_every_century()
    {
        foreach (var until in Begins.SelectMany(begin => new[] { begin + 399, begin + 400, begin + 401 })
            .Append(RevocationState.Never - 1))
        {
            var clock = new ManualClock(Math.Min(until, 253_402_000_000));
            var replica = TestLog.Replica(
                clock, TestLog.Entry(TestLog.Own, Match.Subject("a"), new(new(new(7), 7), default, default, default, until)));

            replica.Prove(FreshnessProof.Always, until);
            replica.Purge();
            replica.Count.ShouldBe(1);
            clock.Now++;
            replica.Prove(FreshnessProof.Always, until + 1);
            replica.Purge();
            replica.Count.ShouldBe(until < clock.Now ? 0 : 1);
        }
    }

    [Fact]
    public void A_verifier_on_the_Authoritys_own_machine_forgets_nothing_while_their_clock_is_ahead()
    {
        var clock = new ManualClock(Begins[0]);
        var replica = TestLog.Replica(
            clock, TestLog.Entry(
                TestLog.Own, Match.Subject("a"), new(new(new(7), 7), default, default, default, clock.Now + 300)));
        clock.SetBy = 100 * 86_400;
        for (var end = clock.Now + 200; clock.Now < end; clock.Now += 20)
        {
            replica.Prove(FreshnessProof.Always, clock.GetUtcNow().ToUnixTimeSeconds());
            replica.Purge();
            replica.Count.ShouldBe(1);
        }
    }

    private static Gen<long> AnyOf(params long[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static TokenFacts Token(IssuerRecord issuer, long now, long lifetime) => TestToken.Read(
        TestToken.Of(new JsonObject
        {
            ["iss"] = issuer.Issuer, ["jti"] = "t", ["sid"] = "s", ["sub"] = "a", ["client_id"] = "c", ["iat"] = now,
            ["exp"] = now + lifetime, ["auth_time"] = now, ["lpos"] = now * 1_000_000 - 1,
        }),
        issuer);

    private static Revocation Act(IssuerRecord issuer, Match match, long now) => new()
    {
        Position = new(now * 1_000_000), At = now, Issuer = issuer.Issuer, Match = match, Effect = Effect.End,
        Second = now, Reason = "clocks", Actor = "client:laws",
        RememberUntil = Retention.RememberUntil(match, Effect.End, now, now, tokenExpires: null, issuer),
    };
}
