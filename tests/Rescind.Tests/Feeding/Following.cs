namespace Rescind.Tests.Feeding;

/// <summary>The follower, step by step: what it asks, what it takes, and what proves something to it.</summary>
public sealed class Following
{
    [Fact]
    public void A_follower_is_ready_when_its_acknowledgement_was_answered()
    {
        var log = new FollowedLog();
        log.Append("alice");
        log.Load();

        var first = log.Poll();
        log.Replica.IsReady.ShouldBeFalse();
        var acknowledging = log.Poll();

        first.Wait.ShouldBe(TimeSpan.Zero);
        acknowledging.Wait.ShouldBe(TimeSpan.Zero);
        acknowledging.After.ShouldBe(log.Tail.Head.Position);
        log.Replica.IsReady.ShouldBeTrue();
    }

    [Fact]
    public void A_snapshot_alone_proves_nothing()
    {
        var log = new FollowedLog();
        log.Load();

        log.Replica.Age.ShouldBe(TimeSpan.MaxValue);
        log.Replica.IsReady.ShouldBeFalse();
    }

    [Fact]
    public void A_poll_is_held_for_half_of_the_smallest_freshness_and_a_third_of_the_bound_at_most()
    {
        FollowedLog.Ready().Poll().Wait.ShouldBe(TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public void Freshness_is_counted_from_the_sending_plus_what_the_server_held_it()
    {
        var log = FollowedLog.Ready();
        var request = log.Next(FollowerStepKind.Poll).Request!;
        var answer = log.AnswerTo(request) with { Held = TimeSpan.FromSeconds(1) };
        log.Time.Advance(TimeSpan.FromSeconds(4));

        log.Follower.Answered(request, answer);

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(3));
    }

    [Fact]
    public void An_answer_that_claims_to_have_been_held_for_longer_than_it_was_away_is_as_old_as_its_arrival()
    {
        var log = FollowedLog.Ready();
        var request = log.Next(FollowerStepKind.Poll).Request!;
        log.Time.Advance(TimeSpan.FromSeconds(1));
        log.Follower.Answered(request, log.AnswerTo(request) with { Held = TimeSpan.FromSeconds(50) });

        log.Time.Advance(TimeSpan.FromSeconds(2));

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void The_age_of_the_answering_node_counts()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(5));

        log.Poll(answer => answer with { Age = TimeSpan.FromSeconds(2) });

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void The_proof_of_a_node_that_is_behind_does_not_replace_a_younger_one()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(1));

        log.Poll(answer => answer with { Age = TimeSpan.FromSeconds(3) });

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Neither_proof_nor_acknowledgement_comes_before_the_entries()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(2));
        var before = log.Replica.Position;
        log.Append("alice");
        var reads = 0;

        log.Poll(answer => answer with
        {
            Entries = new WatchedEntries(answer.Entries, () =>
            {
                reads++;
                log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
                log.Replica.Position.ShouldBe(before);
            }),
        });

        reads.ShouldBeGreaterThan(0);
        log.Replica.Age.ShouldBe(TimeSpan.Zero);
        log.Replica.Position.ShouldBe(log.Tail.Head.Position);
    }

    [Fact]
    public void An_answer_without_the_nonce_of_its_request_is_not_taken()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(2));
        log.Append("alice");

        log.Poll(answer => answer with { Nonce = "another" });

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
        log.Holds("alice").ShouldBeFalse();
        log.Follower.LastError.ShouldNotBeNull();
    }

    [Fact]
    public void A_late_answer_to_a_poll_that_was_given_up_is_not_taken()
    {
        var log = FollowedLog.Ready();
        var request = log.Next(FollowerStepKind.Poll).Request!;
        log.Follower.Failed("No answer.");
        log.Time.Advance(TimeSpan.FromSeconds(2));

        log.Follower.Answered(request, log.AnswerTo(request));

        log.Replica.Age.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void An_answer_that_has_more_to_come_proves_nothing_and_is_followed_at_once()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(2));
        log.Append("alice");

        log.Poll(answer => answer with { More = true });

        log.Holds("alice").ShouldBeTrue();
        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
        log.Follower.Next().Kind.ShouldBe(FollowerStepKind.Poll);
    }

    [Fact]
    public void An_answer_in_which_an_entry_is_missing_is_not_taken()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Append("bob");

        log.Poll(answer => answer with { Entries = [answer.Entries[1]] });

        log.Holds("bob").ShouldBeFalse();
        log.Follower.LastError.ShouldNotBeNull();
    }

    [Fact]
    public void An_answer_that_ends_before_its_head_proves_nothing()
    {
        var log = FollowedLog.Ready();
        log.Time.Advance(TimeSpan.FromSeconds(2));

        log.Poll(answer => answer with { Head = new(answer.Head.Value + 1) });

        log.Replica.Age.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void After_a_failure_the_next_poll_is_not_held()
    {
        var log = FollowedLog.Ready();
        log.Next(FollowerStepKind.Poll);
        log.Follower.Failed("No answer.");

        log.Poll().Wait.ShouldBe(TimeSpan.Zero);
        log.Poll().Wait.ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public void Failures_back_off_to_half_the_bound_at_most()
    {
        var log = FollowedLog.Ready();
        for (var i = 0; i < 40; i++)
        {
            log.Next(FollowerStepKind.Poll);
            log.Follower.Failed("No answer.");

            var step = log.Follower.Next();

            step.Kind.ShouldBe(FollowerStepKind.Wait);
            step.Delay.ShouldBeInRange(TimeSpan.FromMilliseconds(50), FollowedLog.Bound / 2);
        }
    }

    [Fact]
    public void An_answer_of_nothing_with_more_to_come_does_not_spin()
    {
        var log = FollowedLog.Ready();

        log.Poll(answer => answer with { More = true });

        log.Follower.Next().Kind.ShouldBe(FollowerStepKind.Wait);
    }

    [Fact]
    public void Gone_again_and_again_does_not_spin()
    {
        var log = FollowedLog.Ready();
        log.Poll(_ => new() { Outcome = FeedOutcome.Gone });
        log.Load();

        log.Poll(_ => new() { Outcome = FeedOutcome.Gone });

        log.Follower.Next().Kind.ShouldBe(FollowerStepKind.Wait);
    }

    [Fact]
    public void A_log_with_an_unknown_kind_is_followed_for_what_it_kills_and_proves_nothing()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");

        log.Poll(answer => answer with
        {
            Head = new(answer.Head.Value + 1),
            Entries =
            [
                .. answer.Entries,
                new() { Kind = LogEntryKind.Unknown, Position = new(answer.Head.Value + 1), At = 1, Issuer = "" },
            ],
        });

        log.Replica.NeedsUpgrade.ShouldBeTrue();
        log.Replica.Age.ShouldBe(TimeSpan.MaxValue);
        log.Holds("alice").ShouldBeTrue();
        log.Next(FollowerStepKind.Poll).Request!.Chain.ShouldBeNull();
    }
}
