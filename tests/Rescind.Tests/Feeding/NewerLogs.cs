using System.Text.Json;

namespace Rescind.Tests.Feeding;

/// <summary>
/// A log in which a newer Authority has written what this version does not know: an entry, a match, an effect. What is
/// known of it holds and goes on arriving; the verifier says that it is too old, and that is all it says of living tokens.
/// </summary>
public sealed class NewerLogs
{
    private const long At = 1_767_225_600;
    private const long First = (At * 1_000_000) + 100;

    public static TheoryData<string> NotUnderstood => ["an entry", "a match", "an effect", "a kind in the same process"];

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void What_is_not_understood_makes_the_verifier_stale_and_everything_else_goes_on_being_applied(string what)
    {
        var log = FollowedLog.Ready();
        var alice = Ends("alice", First - 1);

        Answer(log, alice, Entry(what));

        log.Replica.NeedsUpgrade.ShouldBeTrue();
        log.Replica.Age.ShouldBe(TimeSpan.MaxValue);
        log.Follower.LastError.ShouldNotBeNull().ShouldStartWith("RSC3205");
        log.Holds("alice").ShouldBeTrue();
        log.Holds("dave").ShouldBe(what == "an effect");
        Answer(log, Ends("carol", First + 1));
        log.Holds("carol").ShouldBeTrue("revocations keep arriving");
        log.Replica.Position.Value.ShouldBe(First + 1);
        log.Next(FollowerStepKind.Poll).Request!.Wait.ShouldBeGreaterThan(TimeSpan.Zero, "and nothing is asked for in a hurry");
    }

    [Theory]
    [MemberData(nameof(NotUnderstood))]
    public void A_snapshot_with_what_is_not_understood_is_loaded_once_and_proves_nothing(string what)
    {
        var log = new FollowedLog();
        log.Append("alice");

        log.Load(Entry(what));
        log.Poll();
        log.Poll();

        log.Replica.NeedsUpgrade.ShouldBeTrue();
        log.Replica.IsReady.ShouldBeFalse("what was never current was never ready");
        log.Replica.Age.ShouldBe(TimeSpan.MaxValue);
        log.Follower.LastError.ShouldNotBeNull().ShouldStartWith("RSC3205");
        log.Append("bob");
        log.Poll();
        log.Holds("alice").ShouldBeTrue();
        log.Holds("bob").ShouldBeTrue("revocations keep arriving");
        log.NextAfterWaits().Kind.ShouldBe(FollowerStepKind.Poll, "and no snapshot is fetched again");
    }

    [Fact]
    public void A_snapshot_at_the_place_of_an_entry_without_a_chain_goes_on_from_it()
    {
        var log = FollowedLog.Ready();
        Answer(log, Entry("an effect"));

        log.Replica.GoesOnTo(new("e-1", new(First), At, LogChain.Start("x"))).ShouldBeTrue();
    }

    private static void Answer(FollowedLog log, params LogEntry[] entries)
    {
        var request = log.Next(FollowerStepKind.Poll).Request!;
        log.Follower.Answered(request, new()
        {
            Outcome = FeedOutcome.Entries, Epoch = request.Epoch, After = request.After, Head = entries[^1].Position,
            Nonce = request.Nonce, Now = At, Chain = LogChain.Start("of the newer version"), Entries = entries,
        });
    }

    private static LogEntry Ends(string subject, long position) => TestLog.Entry(
        TestLog.Own, Match.Subject(subject),
        new(new(new(position), At), default, default, default, RevocationState.Never), position);

    private static LogEntry Entry(string what) => what switch
    {
        "an entry" => Read("kind", "prophecy"),
        "a match" => Read("match", "planet"),
        "an effect" => Read("quarantine", new { by = First, until = At + 60 }),
        _ => new() { Kind = (LogEntryKind)9, Position = new(First), At = At, Issuer = TestLog.Own },
    };

    private static LogEntry Read(string member, object value)
    {
        var entry = new Dictionary<string, object?>
        {
            ["kind"] = "state", ["position"] = First, ["at"] = At, ["issuer"] = TestLog.Own, ["match"] = "subject",
            ["name"] = null, ["value"] = "dave", ["end"] = new { by = First, before = At },
            ["remember_until"] = RevocationState.Never, [member] = value,
        };
        return FeedReader.Entry(JsonSerializer.SerializeToElement(entry));
    }
}
