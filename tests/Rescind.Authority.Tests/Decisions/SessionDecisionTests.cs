using Rescind.Authority.Decisions;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;
using Rescind.StoreContract;

namespace Rescind.Authority.Tests.Decisions;

/// <summary>Starting and changing a session as values.</summary>
public sealed class SessionDecisionTests
{
    private const string Issuer = StoreSuite.OwnIssuer;

    private static readonly DateTimeOffset Now = new(2026, 11, 23, 9, 0, 0, 250, TimeSpan.Zero);
    private static readonly LogPosition Head = new((Now - TimeSpan.FromHours(1)).ToUnixTimeMilliseconds() * 1000);
    private static readonly AuditContext Caller = new("client:web", "203.0.113.7", "request-1");

    private static readonly Present Present = new(
        Issuer, LogHead.Empty("epoch") with { Position = Head, At = (Now - TimeSpan.FromHours(1)).ToUnixTimeSeconds() },
        Registry: 7, Head, Now, 0, null);

    private static readonly Session Session = new()
    {
        Id = "session", Subject = "alice", ClientId = "web", Audience = ["orders"], CreatedAt = Present.Second,
        AuthenticatedAt = 0, LastRefreshedAt = Present.Second, Generation = 1, IdleExpiresAt = Present.Second + 1000,
        ExpiresAt = Present.Second + 5000, Started = default, RefreshKeyId = 1, Salt = new byte[] { 1, 2, 3 },
        Tags = [new("tenant", "acme", default)],
    };

    [Fact]
    public void A_session_starts_at_the_head_that_was_read_first_and_rests_on_nothing()
    {
        var decided = new KnownFacts().Decide(new StartDecision(new() { Session = Session, Audit = Caller }), Present);

        var started = decided.Outcome.Session!;
        (decided.Outcome.Result, started.Started, started.AuthenticatedAt).ShouldBe((StartResult.Started, Head, Present.Second));
        started.Tags.ShouldBe([new("tenant", "acme", Head)]);
        decided.Changes.List.OfType<InsertSession>().ShouldHaveSingleItem().Session.ShouldBe(started);
        decided.Changes.List.OfType<AddAudit>().ShouldHaveSingleItem().Position.ShouldBeNull();
        decided.Changes.Conditions.ShouldBeEmpty();
        decided.Changes.Minted.ShouldBe(Present.Second);
    }

    [Fact]
    public void A_block_refuses_a_start_and_nothing_is_written()
    {
        var block = Act(Effect.Block, Present.Second + 60);

        var decided = new KnownFacts { Acts = [block] }.Decide(
            new StartDecision(new() { Session = Session, Audit = Caller }), Present);

        (decided.Outcome.Result, decided.Outcome.By).ShouldBe((StartResult.Blocked, block.Position));
        decided.Changes.ShouldBe(Changes.None);
    }

    [Theory]
    [InlineData(-1, nameof(StartResult.LoginBeforeEnd))]
    [InlineData(0, nameof(StartResult.Started))]
    public void A_login_from_before_the_end_of_its_subject_is_refused(int seconds, string expected)
    {
        var end = Act(Effect.End, Present.Second - 60);
        var session = Session with { AuthenticatedAt = end.Second + seconds };

        new KnownFacts { Recorded = [end] }.Decide(new StartDecision(new() { Session = session, Audit = Caller }), Present)
            .Outcome.Result.ToString().ShouldBe(expected);
    }

    [Fact]
    public void What_is_replaced_ends_with_the_start()
    {
        var replaced = Session with { Id = "old", Started = Head, AuthenticatedAt = 1 };
        var facts = new KnownFacts { Row = new(7, 0, replaced) };

        var decided = facts.Decide(new StartDecision(new() { Session = Session, Replaces = "old", Audit = Caller }), Present);

        var act = decided.Changes.List.OfType<AddAct>().ShouldHaveSingleItem().Act;
        act.Match.ShouldBe(Match.Session("old"));
        decided.Changes.List.OfType<EndSession>().ShouldBe([new EndSession("old", act.Position, act.At)]);
        decided.Changes.Conditions.ShouldBe([new HeadIs(Head)]);
    }

    [Fact]
    public void What_is_of_somebody_else_is_not_replaced()
    {
        var facts = new KnownFacts { Row = new(7, 0, Session with { Id = "old", Subject = "bob" }) };

        var decided = facts.Decide(new StartDecision(new() { Session = Session, Replaces = "old", Audit = Caller }), Present);

        decided.Outcome.Result.ShouldBe(StartResult.ReplacesUnknown);
        decided.Changes.ShouldBe(Changes.None);
    }

    [Fact]
    public void A_changed_tag_holds_since_the_renewal_that_the_change_implies()
    {
        var row = new SessionRow(
            7, 0, Session with { Started = Head, Tags = [new("tenant", "acme", Head), new("plan", "free", Head)] });
        var change = new SessionChange
        {
            SessionId = "session", Audit = Caller, Allows = static _ => true,
            Tags = new Dictionary<string, string> { ["tenant"] = "acme", ["plan"] = "paid" },
        };

        var decided = new KnownFacts { Row = row }.Decide(new ChangeDecision(change), Present);

        var act = decided.Changes.List.OfType<AddAct>().ShouldHaveSingleItem().Act;
        (act.Effect, decided.Outcome.By).ShouldBe((Effect.Renew, act.Position));
        decided.Changes.List.OfType<ChangeSession>().ShouldHaveSingleItem().Session.Tags
            .ShouldBe([new("tenant", "acme", Head), new("plan", "paid", act.Position)]);
        decided.Changes.Conditions.ShouldBe([new HeadIs(Head), new SessionIs(row)]);
    }

    [Fact]
    public void A_device_is_in_no_token_and_its_change_renews_nothing()
    {
        var row = new SessionRow(7, 0, Session with { Started = Head });
        var change = new SessionChange
        {
            SessionId = "session", Audit = Caller, Allows = static _ => true, Device = new("a phone", null, null)
        };

        var decided = new KnownFacts { Row = row }.Decide(new ChangeDecision(change), Present);

        decided.Outcome.Session!.Device!.Name.ShouldBe("a phone");
        decided.Changes.List.OfType<AddAct>().ShouldBeEmpty();
        decided.Changes.Conditions.ShouldBe([new SessionIs(row)]);
    }

    private static Revocation Act(Effect effect, long second) => new()
    {
        Position = Head, At = second, Issuer = Issuer, Match = Match.Subject("alice"), Effect = effect, Second = second,
        Reason = "test", Actor = Caller.Actor, RememberUntil = RevocationState.Never,
    };
}
