namespace Rescind.Tests.Feeding;

/// <summary>What becomes of a replica whose log turns out to be another one.</summary>
public sealed class Forks
{
    [Fact]
    public void A_snapshot_of_the_same_log_forgets_nothing_that_it_does_not_name()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Poll();
        var snapshot = FreshSnapshot(log);

        log.Replica.Load(snapshot.Contents, isFork: false);

        log.Holds("alice").ShouldBeTrue();
        log.Replica.Forks.ShouldBe(0);
    }

    [Fact]
    public void Another_epoch_freezes_the_old_map_beside_the_new_one()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Poll();
        log.Replace("e-2");
        log.Append("bob");

        log.Poll();
        log.Load();

        log.Replica.Forks.ShouldBe(1);
        log.Holds(log.Replica.View.Forks[0].Set, "alice").ShouldBeTrue();
        log.Holds("alice").ShouldBeFalse();
        log.Holds("bob").ShouldBeTrue();
        log.Follower.LastError.ShouldNotBeNull();
    }

    [Fact]
    public void Nothing_of_the_new_log_is_written_to_the_frozen_map()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Poll();
        log.Replace("e-2");
        log.Poll();
        log.Load();

        log.Append("alice", new(default, default, default, default, RevocationState.Never));
        log.Poll();

        log.Holds(log.Replica.View.Forks[0].Set, "alice").ShouldBeTrue();
    }

    [Fact]
    public void Keys_and_records_come_from_the_new_log_alone()
    {
        var log = FollowedLog.Ready();
        var next = log.Append("alice").Position.Value + 1;
        log.Append(new LogEntry
        {
            Kind = LogEntryKind.Key, Position = new(next), At = 1, Issuer = TestLog.Own, Match = Match.Key("k1"), Record = "{}",
        });
        log.Poll();
        log.Replica.OwnKeys.Keys.ShouldBe(["k1"]);

        log.Replace("e-2");
        log.Poll();
        log.Load();

        log.Replica.OwnKeys.ShouldBeEmpty();
    }

    [Fact]
    public void A_node_that_is_behind_for_a_moment_makes_no_fork()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Poll();

        log.Poll(_ => new() { Outcome = FeedOutcome.Conflict });
        log.Poll();

        log.Replica.Forks.ShouldBe(0);
        log.Follower.LastError.ShouldBeNull();
    }

    [Fact]
    public void What_is_contradicted_for_half_the_bound_is_another_log()
    {
        var log = FollowedLog.Ready();
        log.Append("alice");
        log.Poll();
        log.Replace("e-1");

        var since = log.Time.GetUtcNow();
        while (log.NextAfterWaits() is { Request: { } request })
        {
            log.Follower.Answered(request, new() { Outcome = FeedOutcome.Conflict });
        }

        (log.Time.GetUtcNow() - since).ShouldBeInRange(FollowedLog.Bound / 2, FollowedLog.Bound);
    }

    [Fact]
    public void Forks_beyond_the_most_leave_the_replica_stale_and_forget_nothing()
    {
        var log = FollowedLog.Ready();
        for (var i = 0; i <= Replica.MaxForks; i++)
        {
            log.Append($"victim-{i}");
            log.Poll();
            log.Replace($"e-{i + 2}");
            log.Poll();
            log.Load();
        }

        log.Replica.Forks.ShouldBe(Replica.MaxForks);
        log.Replica.View.Forks.ShouldContain(fork => log.Holds(fork.Set, "victim-0"));
        log.Holds($"victim-{Replica.MaxForks}").ShouldBeTrue();
    }

    [Fact]
    public void A_frozen_map_goes_when_time_has_forgotten_all_of_it()
    {
        var log = FollowedLog.Ready();
        var state = log.Append("alice").State! with { RememberUntil = log.Time.GetUtcNow().ToUnixTimeSeconds() + 100 };
        log.Append("alice", state);
        log.Poll();
        log.Replace("e-2");
        log.Poll();
        log.Load();
        log.Replica.Forks.ShouldBe(1);

        log.Time.Advance(TimeSpan.FromSeconds(200));
        log.Poll();

        log.Replica.Forks.ShouldBe(0);
    }

    [Fact]
    public void Nothing_is_forgotten_before_both_clocks_are_past_it()
    {
        var log = FollowedLog.Ready();
        var until = log.Time.GetUtcNow().ToUnixTimeSeconds() + 100;
        log.Append("alice", log.Append("alice").State! with { RememberUntil = until });
        log.Poll();

        log.Time.Advance(TimeSpan.FromSeconds(200));
        log.Poll(answer => answer with { Now = until - 1 });
        log.Holds("alice").ShouldBeTrue();

        log.Time.Advance(TimeSpan.FromSeconds(200));
        log.Poll(answer => answer with { Now = until + 1 });
        log.Holds("alice").ShouldBeFalse();
    }

    private static SnapshotBuilder FreshSnapshot(FollowedLog log)
    {
        var snapshot = new SnapshotBuilder(log.Replica.Key);
        snapshot.Begin(new()
        {
            Outcome = FeedOutcome.Entries, Epoch = log.Replica.Epoch, Head = log.Replica.Position, Chain = log.Tail.Head.Chain,
        });
        snapshot.End(0);
        return snapshot;
    }
}
