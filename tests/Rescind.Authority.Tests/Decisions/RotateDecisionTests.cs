using Rescind.Authority.Decisions;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Decisions;

/// <summary>One refresh as a value: what it asks for, what it answers, what it writes, and what that rests on.</summary>
public sealed class RotateDecisionTests
{
    private const string Issuer = StoreSuite.OwnIssuer;
    private const long Number = 7;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, 250, TimeSpan.Zero);
    private static readonly AuditContext Caller = new("client:web", "203.0.113.7", "request-1");

    private static readonly LogPosition Started = At(TimeSpan.FromHours(-2));
    private static readonly LogPosition Head = At(TimeSpan.FromHours(-1));

    private static readonly Present Present = new(
        Issuer, LogHead.Empty("epoch") with { Position = Head, At = (Now - TimeSpan.FromHours(1)).ToUnixTimeSeconds() },
        Registry: 7, Head, Now, 0, null);

    private static readonly Session Session = new()
    {
        Id = "session", Subject = "alice", ClientId = "web", Audience = ["orders"], CreatedAt = Present.Second - 7200,
        AuthenticatedAt = Present.Second - 7200, LastRefreshedAt = Present.Second - 60, Generation = 5,
        IdleExpiresAt = Present.Second + 1000, ExpiresAt = Present.Second + 5000, Started = Started, RefreshKeyId = 1,
        Salt = new byte[] { 1, 2, 3 },
    };

    private static readonly RotationAttempt Attempt = new()
    {
        SessionId = Session.Id, Generation = 5, ClientId = "web", IdleLifetime = TimeSpan.FromSeconds(2000), Audit = Caller,
    };

    [Fact]
    public void The_current_token_moves_the_generation_on_if_the_row_is_as_it_was_read()
    {
        var row = RowOf(Session);

        var decided = Decide(row, Attempt);

        decided.Outcome.ShouldBe(
            new(RotationResult.Rotated, decided.Outcome.Session, Head, default) { Registry = Present.Registry });
        decided.Outcome.Session.ShouldBe(
            Session with { Generation = 6, LastRefreshedAt = Present.Second, IdleExpiresAt = Present.Second + 2000 });
        decided.Changes.List.ShouldBe([new RotateSession(Number, 5, 6, Present.Second, Present.Second + 2000)]);
        decided.Changes.Conditions.ShouldBe([new SessionIs(row)]);
        (decided.Changes.Last, decided.Changes.Minted).ShouldBe((default, Present.Second));
    }

    [Fact]
    public void The_idle_end_never_moves_past_the_end_of_the_session()
    {
        var decided = Decide(RowOf(Session), Attempt with { IdleLifetime = TimeSpan.FromDays(14) });

        decided.Outcome.Session!.IdleExpiresAt.ShouldBe(Session.ExpiresAt);
    }

    [Fact]
    public void The_predecessor_is_answered_again_and_counted_once()
    {
        var row = RowOf(Session with { RetriesInARow = 2 });

        var first = Decide(row, Attempt with { Generation = 4 });
        var second = Decide(
            row with { RepeatedGeneration = 5, Session = first.Outcome.Session! }, Attempt with { Generation = 4 });

        (first.Outcome.Result, first.Outcome.Session).ShouldBe((RotationResult.Repeated, row.Session with { RetriesInARow = 3 }));
        first.Changes.List.ShouldBe([new RepeatSession(Number, 5, 3)]);
        first.Changes.Conditions.ShouldBe([new SessionIs(row)]);
        (second.Outcome.Result, second.Outcome.Session).ShouldBe((RotationResult.Repeated, first.Outcome.Session));
        second.Changes.ShouldBe(Changes.None with { Minted = Present.Second });
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(0, 0)]
    public void Retries_in_a_row_are_over_once_a_generation_went_by_without_one(long repeated, int expected)
    {
        var row = RowOf(Session with { RetriesInARow = 3 }) with { RepeatedGeneration = repeated };

        Decide(row, Attempt).Outcome.Session!.RetriesInARow.ShouldBe(expected);
    }

    [Theory]
    [InlineData("another session", "web", 5)]
    [InlineData("session", "another client", 5)]
    [InlineData("session", "web", 0)]
    public void What_is_no_token_of_the_caller_is_refused_without_asking_more(string session, string client, uint generation)
    {
        var facts = new KnownFacts { Row = RowOf(Session) };

        var decided = facts.Decide(
            new RotateDecision(Attempt with { SessionId = session, ClientId = client, Generation = generation }), Present);

        decided.Outcome.ShouldBe(new(RotationResult.Refused, null, Head, default));
        decided.Changes.ShouldBe(Changes.None);
        facts.Asked.ShouldBe([new SessionById(session)]);
    }

    [Fact]
    public void A_session_that_its_row_ends_is_judged_by_no_acts()
    {
        var facts = new KnownFacts { Row = RowOf(Session with { EndedBy = Head }) };

        var decided = facts.Decide(new RotateDecision(Attempt), Present);

        (decided.Outcome.Result, decided.Outcome.By).ShouldBe((RotationResult.Ended, Head));
        decided.Changes.ShouldBe(Changes.None);
        facts.Asked.ShouldBe([new SessionById(Session.Id)]);
    }

    [Theory]
    [InlineData(Effect.End, nameof(RotationResult.Ended))]
    [InlineData(Effect.Block, nameof(RotationResult.Blocked))]
    public void An_act_on_its_subject_refuses_it_and_nothing_is_written(Effect effect, string expected)
    {
        var act = Act(Match.Subject("alice"), effect);

        var decided = Decide(RowOf(Session), Attempt, act);

        (decided.Outcome.Result.ToString(), decided.Outcome.By).ShouldBe((expected, act.Position));
        decided.Changes.ShouldBe(Changes.None);
    }

    [Fact]
    public void An_old_token_of_what_has_expired_is_no_reuse()
    {
        var row = RowOf(Session with { IdleExpiresAt = Present.Second });

        var decided = Decide(row, Attempt with { Generation = 1 });

        decided.Outcome.Result.ShouldBe(RotationResult.Expired);
        decided.Changes.ShouldBe(Changes.None);
    }

    [Fact]
    public void Reuse_is_noted_and_ends_the_session_at_positions_after_all_others_if_nothing_was_appended_since()
    {
        var row = RowOf(Session);

        var decided = Decide(row, Attempt with { Generation = 3 });

        var (noted, act) = (Head.Next(Now), Head.Next(Now).Next(Now));
        decided.Outcome.ShouldBe(new(RotationResult.Reused, Session with { EndedBy = act }, Head, act));
        decided.Changes.List.Count.ShouldBe(5);
        var note = decided.Changes.List[0].ShouldBeOfType<AddAudit>();
        (note.Position, note.Action, note.Audit).ShouldBe((noted, "refresh.reused", Caller));
        (note.About.Match, note.About.Subject, note.About.SessionId).ShouldBe((Match.Session("session"), "alice", "session"));
        var added = decided.Changes.List[1].ShouldBeOfType<AddAct>().Act;
        (added.Position, added.Match, added.Effect).ShouldBe((act, Match.Session("session"), Effect.End));
        var entry = decided.Changes.List[2].ShouldBeOfType<AppendEntry>().Entry;
        (entry.Position, entry.Match, entry.State!.End.By).ShouldBe((act, Match.Session("session"), act));
        var told = decided.Changes.List[3].ShouldBeOfType<AddAudit>();
        (told.Position, told.Action, told.About.Subject).ShouldBe((act, "revoked", "alice"));
        decided.Changes.List[4].ShouldBe(new EndSession("session", act, Present.Second));
        decided.Changes.Conditions.ShouldBe([new HeadIs(Head), new SessionIs(row)]);
        decided.Changes.Last.ShouldBe(act);
    }

    [Fact]
    public void Reuse_may_end_every_session_of_its_subject()
    {
        var decided = Decide(RowOf(Session), Attempt with { Generation = 3, ReusePolicy = ReusePolicy.EndSubject });

        var act = decided.Changes.List.OfType<AddAct>().ShouldHaveSingleItem().Act;
        act.Match.ShouldBe(Match.Subject("alice"));
        (decided.Outcome.Result, decided.Outcome.By).ShouldBe((RotationResult.Reused, act.Position));
    }

    [Fact]
    public void Reuse_that_ends_nothing_is_noted_wherever_the_log_is_by_then()
    {
        var row = RowOf(Session);

        var decided = Decide(row, Attempt with { Generation = 3, ReusePolicy = ReusePolicy.Refuse });

        decided.Outcome.ShouldBe(new(RotationResult.Reused, Session, Head, default));
        decided.Changes.List.ShouldHaveSingleItem().ShouldBeOfType<AddAudit>().Position.ShouldBeNull();
        decided.Changes.Conditions.ShouldBe([new SessionIs(row)]);
        decided.Changes.Last.ShouldBe(default);
    }

    [Fact]
    public void Past_a_strict_window_the_predecessor_is_reuse()
    {
        var late = Attempt with { Generation = 4, RetryWindow = TimeSpan.FromSeconds(60) };

        Decide(RowOf(Session), late).Outcome.Result.ShouldBe(RotationResult.Reused);
        Decide(RowOf(Session), late with { RetryWindow = TimeSpan.FromSeconds(61) }).Outcome.Result
            .ShouldBe(RotationResult.Repeated);
    }

    [Theory]
    [InlineData(3u, nameof(RotationResult.Reused))]
    [InlineData(6u, nameof(RotationResult.FromTheFuture))]
    public void What_another_has_ended_is_ended_once_more_because_that_may_be_lifted(uint generation, string expected)
    {
        var act = Act(Match.Subject("alice"), Effect.End) with { Actor = "client:admin" };

        var decided = Decide(RowOf(Session), Attempt with { Generation = generation }, act);

        decided.Outcome.Result.ToString().ShouldBe(expected);
        decided.Changes.List.OfType<AddAct>().ShouldHaveSingleItem().Act.Match.ShouldBe(Match.Session("session"));
    }

    [Theory]
    [InlineData(3u)]
    [InlineData(6u)]
    public void What_was_recorded_of_a_session_is_not_recorded_again(uint generation)
    {
        var own = Act(Match.Session("session"), Effect.End);
        var facts = new KnownFacts { Row = RowOf(Session), Acts = [own], OwnEnds = [own] };

        var decided = facts.Decide(new RotateDecision(Attempt with { Generation = generation }), Present);

        (decided.Outcome.Result, decided.Outcome.By).ShouldBe((RotationResult.Ended, own.Position));
        decided.Changes.ShouldBe(Changes.None);
    }

    [Fact]
    public void An_end_of_its_own_that_stands_is_the_answer_to_reuse_and_no_other_is_appended()
    {
        var own = Act(Match.Session("session"), Effect.End);
        var facts = new KnownFacts { Row = RowOf(Session), OwnEnds = [own] };

        var decided = facts.Decide(new RotateDecision(Attempt with { Generation = 3 }), Present);

        decided.Outcome.By.ShouldBe(own.Position);
        decided.Changes.List.ShouldHaveSingleItem().ShouldBeOfType<AddAudit>();
        decided.Changes.Conditions.ShouldNotContain(new HeadIs(Head));
    }

    [Fact]
    public void An_end_of_its_own_that_is_forgotten_before_the_session_s_tokens_is_no_answer()
    {
        var own = Act(Match.Session("session"), Effect.End) with { RememberUntil = Present.Head.At };
        var facts = new KnownFacts { Row = RowOf(Session), OwnEnds = [own] };

        var decided = facts.Decide(new RotateDecision(Attempt with { Generation = 3 }), Present);

        decided.Outcome.By.ShouldBe(decided.Changes.List.OfType<AddAct>().ShouldHaveSingleItem().Act.Position);
    }

    [Fact]
    public void A_token_above_the_current_generation_ends_the_session_whatever_the_policy_says()
    {
        var decided = Decide(RowOf(Session), Attempt with { Generation = 6, ReusePolicy = ReusePolicy.Refuse });

        decided.Outcome.Result.ShouldBe(RotationResult.FromTheFuture);
        decided.Changes.List.OfType<AddAudit>().Select(note => note.Action).ShouldBe(["refresh.ahead", "revoked"]);
        decided.Changes.List.OfType<EndSession>().ShouldHaveSingleItem().By.ShouldBe(decided.Outcome.By);
    }

    [Fact]
    public void A_clock_that_is_not_believed_refuses_before_anything_is_asked()
    {
        var facts = new KnownFacts { Row = RowOf(Session) };
        var doubt = new ClockRefusal(Errors.ClockAhead, "It is ahead.", Now, TimeSpan.FromMinutes(1));

        Should.Throw<ClockRefusedException>(() => facts.Decide(new RotateDecision(Attempt), Present with { Doubt = doubt }));

        facts.Asked.ShouldBeEmpty();
    }

    [Fact]
    public void A_clock_behind_the_log_still_rotates_and_ends_nothing()
    {
        var behind = Present with { Now = DateTimeOffset.FromUnixTimeSeconds(Present.Head.At - LogHead.MaxClockLag - 1) };
        var facts = new KnownFacts { Row = RowOf(Session) };

        facts.Decide(new RotateDecision(Attempt), behind).Outcome.Session!.LastRefreshedAt.ShouldBe(Present.Head.At);
        Should.Throw<ClockRefusedException>(() => facts.Decide(new RotateDecision(Attempt with { Generation = 3 }), behind));
    }

    [Fact]
    public void A_decision_that_is_made_again_asks_and_says_the_same()
    {
        var decision = new RotateDecision(Attempt with { Generation = 3 });
        var (first, second) = (new KnownFacts { Row = RowOf(Session) }, new KnownFacts { Row = RowOf(Session) });

        var (once, again) = (first.Decide(decision, Present), second.Decide(decision, Present));

        again.Outcome.ShouldBe(once.Outcome);
        again.Changes.Last.ShouldBe(once.Changes.Last);
        second.Asked.Count.ShouldBe(first.Asked.Count);
    }

    private static Decided<RotationOutcome> Decide(
        SessionRow row, RotationAttempt attempt, params IReadOnlyList<Revocation> acts) =>
        new KnownFacts { Row = row, Acts = acts }.Decide(new RotateDecision(attempt), Present);

    private static SessionRow RowOf(Session session) => new(Number, 0, session);

    private static Revocation Act(Match match, Effect effect) => new()
    {
        Position = Head, At = Present.Head.At, Issuer = Issuer, Match = match, Effect = effect,
        Second = effect is Effect.Block ? Present.Second + 600 : Present.Head.At, Reason = "test", Actor = Caller.Actor,
        RememberUntil = Present.Second + 90 * 86400,
    };

    private static LogPosition At(TimeSpan offset) => default(LogPosition).Next(Now + offset);
}
