using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Decisions;

/// <summary>Revoking, lifting and spreading as values: the positions, the entries and what they rest on.</summary>
public sealed class ActDecisionTests
{
    private const string Issuer = StoreSuite.OwnIssuer;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, 250, TimeSpan.Zero);
    private static readonly LogPosition Head = At(TimeSpan.FromHours(-1));
    private static readonly AuditContext Caller = new("client:web", "203.0.113.7", "request-1");

    private static readonly Present Present = new(
        Issuer, LogHead.Empty("epoch") with { Position = Head, At = (Now - TimeSpan.FromHours(1)).ToUnixTimeSeconds() },
        Registry: 7, Head, Now, 0, null);

    private static readonly RevocationDraft OfAlice = new()
    {
        Issuer = Issuer, Match = Match.Subject("alice"), Effect = Effect.End, Reason = "test", Audit = Caller,
    };

    [Fact]
    public void An_act_is_one_entry_and_rests_on_the_head()
    {
        var decided = new KnownFacts().Decide(new RevokeDecision(OfAlice, new(3, Known: true)), Present);

        var act = decided.Outcome.Revocation!;
        (decided.Outcome.Result, decided.Outcome.Sessions, act.Sessions).ShouldBe((RevokeResult.Appended, 3L, 3L));
        act.Position.ShouldBe(Head.Next(Now));
        EntriesOf(decided).ShouldBe([(act.Position, Match.Subject("alice"), act.Position)]);
        decided.Changes.Conditions.ShouldBe([new HeadIs(Head)]);
        decided.Changes.Last.ShouldBe(act.Position);
    }

    [Fact]
    public void An_act_that_spares_a_session_names_the_others_before_itself_and_is_no_part_of_its_own_match()
    {
        var facts = new KnownFacts { Named = [SessionOf("one"), SessionOf("two"), SessionOf("spared")] };

        var decided = facts.Decide(new RevokeDecision(OfAlice with { Except = ["spared"] }, new(2, Known: true)), Present);

        var act = decided.Outcome.Revocation!.Position;
        var (first, second) = (Head.Next(Now), Head.Next(Now).Next(Now));
        act.ShouldBe(second.Next(Now));
        EntriesOf(decided).ShouldBe(
            [(first, Match.Session("one"), act), (second, Match.Session("two"), act), (act, Match.Subject("alice"), default)]);
        decided.Changes.List.OfType<SelectSession>().Select(selected => selected.SessionId).ShouldBe(["one", "two"]);
    }

    [Fact]
    public void Whoever_cannot_hold_a_token_any_more_is_selected_and_not_told_of()
    {
        var over = SessionOf("over") with { IdleExpiresAt = Present.Second - 7200 };
        var longAgo = new Revocation
        {
            Position = new(7), At = 7, Issuer = Issuer, Match = Match.Session("ended"), Effect = Effect.End, Second = 7,
            Reason = "test", Actor = "somebody", RememberUntil = RevocationState.Never,
        };
        var facts =
            new KnownFacts { Named = [over, SessionOf("ended") with { EndedBy = longAgo.Position }], Recorded = [longAgo] };

        var decided = facts.Decide(new RevokeDecision(OfAlice with { Except = ["spared"] }, new(0, Known: true)), Present);

        decided.Changes.List.OfType<SelectSession>().Select(selected => selected.SessionId).ShouldBe(["over", "ended"]);
        EntriesOf(decided).Select(entry => entry.Match).ShouldBe([Match.Session("over"), Match.Subject("alice")]);
    }

    [Fact]
    public void What_was_answered_under_a_key_is_the_answer_and_another_request_is_refused()
    {
        var act = ActOf(Match.Subject("alice"), At(TimeSpan.FromHours(-3)));
        var facts = new KnownFacts { Answer = new("hash", act.Position, 5, Known: true), Recorded = [act] };
        var draft = OfAlice with { Idempotency = new("client:web", "key", "hash") };

        var same = facts.Decide(new RevokeDecision(draft, null), Present);
        var other = facts.Decide(
            new RevokeDecision(draft with { Idempotency = new("client:web", "key", "other") }, null), Present);

        (same.Outcome.Result, same.Outcome.Revocation, same.Outcome.Sessions).ShouldBe((RevokeResult.Repeated, act, 5L));
        other.Outcome.Result.ShouldBe(RevokeResult.KeyReused);
        (same.Changes, other.Changes).ShouldBe((Changes.None, Changes.None));
    }

    [Fact]
    public void More_sessions_than_were_confirmed_are_not_ended()
    {
        var decided = new KnownFacts().Decide(new RevokeDecision(OfAlice with { Confirm = 10 }, new(23, Known: true)), Present);

        (decided.Outcome.Result, decided.Outcome.Sessions).ShouldBe((RevokeResult.NotConfirmed, 23L));
        decided.Changes.ShouldBe(Changes.None);
        new KnownFacts().Decide(new RevokeDecision(OfAlice with { Confirm = 10 }, new(22, Known: true)), Present)
            .Outcome.Result.ShouldBe(RevokeResult.Appended);
    }

    [Fact]
    public void A_lift_leaves_what_another_act_holds_and_the_date()
    {
        var (older, newer) = (
            ActOf(Match.Subject("alice"), At(TimeSpan.FromHours(-3))),
            ActOf(Match.Subject("alice"), At(TimeSpan.FromHours(-2))));
        var before = RevocationState.Of([older, newer], ownIssuer: true) with { RememberUntil = RevocationState.Never };
        var facts = new KnownFacts
        {
            Recorded = [older, newer], States = new Dictionary<Match, RevocationState> { [Match.Subject("alice")] = before },
        };

        var decided = facts.Decide(new LiftDecision(newer.Position, Caller), Present);

        (decided.Outcome.Result, decided.Outcome.Position).ShouldBe((LiftResult.Done, Head.Next(Now)));
        var state = decided.Changes.List.OfType<AppendEntry>().ShouldHaveSingleItem().Entry.State!;
        (state.End.By, state.RememberUntil).ShouldBe((older.Position, RevocationState.Never));
        decided.Changes.List.OfType<LiftAct>().ShouldBe([new LiftAct(newer.Position, Head.Next(Now))]);
        decided.Changes.Conditions.ShouldBe([new HeadIs(Head)]);
    }

    [Fact]
    public void A_lift_of_the_end_of_a_session_leaves_its_row_to_the_oldest_that_stands()
    {
        var (first, second) =
            (ActOf(Match.Session("one"), At(TimeSpan.FromHours(-3))), ActOf(Match.Session("one"), At(TimeSpan.FromHours(-2))));

        var decided = new KnownFacts { Recorded = [first, second] }.Decide(new LiftDecision(first.Position, Caller), Present);

        decided.Changes.List.OfType<ReopenSession>().ShouldBe([new ReopenSession("one", first.Position, second)]);
    }

    [Fact]
    public void A_lift_of_nothing_and_a_second_lift_write_nothing()
    {
        var lifted = ActOf(Match.Subject("alice"), At(TimeSpan.FromHours(-3))) with { LiftedBy = Head };
        var facts = new KnownFacts { Recorded = [lifted] };

        var (unknown, again) = (
            facts.Decide(new LiftDecision(new(1), Caller), Present),
            facts.Decide(new LiftDecision(lifted.Position, Caller), Present));

        (unknown.Outcome.Result, again.Outcome.Result, again.Outcome.Position)
            .ShouldBe((LiftResult.Unknown, LiftResult.AlreadyLifted, Head));
        (unknown.Changes, again.Changes).ShouldBe((Changes.None, Changes.None));
    }

    [Fact]
    public void A_step_of_a_spread_reaches_whoever_has_not_refreshed_since_and_goes_on_behind_all_that_were_looked_at()
    {
        var act = ActOf(Match.Subject("alice"), At(TimeSpan.FromMinutes(-1)))
            with { Effect = Effect.Renew, BySession = true, Spread = 600 };
        var spread = new OpenSpread(act, After: 4, Scanned: 10);
        var sought = new SoughtSessions(
            [SessionOf("one") with { LastRefreshedAt = act.At }, SessionOf("two") with { LastRefreshedAt = act.At + 1 }],
            To: 9, IsMore: true);

        var decided = new KnownFacts { Spread = spread }.Decide(new SpreadDecision(spread, sought), Present);

        decided.Outcome.ShouldBe(spread with { After = 9, Scanned = 12 });
        EntriesOf(decided).Select(entry => entry.Match).ShouldBe([Match.Session("one")]);
        decided.Changes.List.ShouldContain(new AdvanceSpread(act.Position, 9, 12));
    }

    [Fact]
    public void A_step_that_was_prepared_before_a_lift_does_nothing()
    {
        var act = ActOf(Match.Subject("alice"), At(TimeSpan.FromMinutes(-1)))
            with { Effect = Effect.Renew, BySession = true, Spread = 600 };
        var spread = new OpenSpread(act, 4, 10);

        var decided = new KnownFacts { Spread = spread with { Act = act with { LiftedBy = Head } } }
            .Decide(new SpreadDecision(spread, new([SessionOf("one")], 9, IsMore: true)), Present);

        (decided.Outcome, decided.Changes).ShouldBe((null, Changes.None));
    }

    private static IEnumerable<(LogPosition Position, Match? Match, LogPosition By)> EntriesOf<T>(Decided<T> decided) =>
        decided.Changes.List.OfType<AppendEntry>()
            .Select(append => (append.Entry.Position, append.Entry.Match, append.Entry.State!.End.By));

    private static LogPosition At(TimeSpan before) => new((Now + before).ToUnixTimeMilliseconds() * 1000);

    private static Revocation ActOf(Match match, LogPosition position) => new()
    {
        Position = position, At = position.Value / 1_000_000, Issuer = Issuer, Match = match, Effect = Effect.End,
        Second = position.Value / 1_000_000, Reason = "test", Actor = Caller.Actor,
        RememberUntil = position.Value / 1_000_000 + 600,
    };

    private static Session SessionOf(string id) => new()
    {
        Id = id, Subject = "alice", ClientId = "web", Audience = ["orders"], CreatedAt = Present.Second - 7200,
        AuthenticatedAt = Present.Second - 7200, LastRefreshedAt = Present.Second - 60, Generation = 5,
        IdleExpiresAt = Present.Second + 1000, ExpiresAt = Present.Second + 5000, Started = At(TimeSpan.FromHours(-2)),
        RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 },
    };
}
