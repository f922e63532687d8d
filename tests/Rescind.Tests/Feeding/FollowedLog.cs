using System.Collections;
using Microsoft.Extensions.Time.Testing;

namespace Rescind.Tests.Feeding;

/// <summary>A log, its tail, and a follower of it, driven by hand.</summary>
internal sealed class FollowedLog
{
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(6);

    private readonly List<LogEntry> _map = [];
    private long _position = 1_767_225_600_000_000;

    public FollowedLog()
    {
        Replica = new(Time, Entropy.System);
        Follower = new(Replica, new("orders", "one", Bound), TimeSpan.FromSeconds(3), Time, Entropy.System);
    }

    public FakeTimeProvider Time { get; } = new(new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public Replica Replica { get; }

    public FeedFollower Follower { get; }

    public FeedTail Tail { get; private set; } = new(LogHead.Empty("e-1"));

    /// <summary>A follower that has loaded, caught up and been acknowledged.</summary>
    public static FollowedLog Ready()
    {
        var log = new FollowedLog();
        log.Load();
        log.Poll();
        log.Poll();
        return log;
    }

    public LogEntry Append(string subject, RevocationState? state = null) => Append(new LogEntry
    {
        Kind = LogEntryKind.State,
        Position = new(++_position),
        At = _position / 1_000_000,
        Issuer = TestLog.Own,
        Match = Match.Subject(subject),
        State = state ?? new(new(new(_position), _position / 1_000_000), default, default, default, RevocationState.Never),
    });

    public LogEntry Append(LogEntry entry)
    {
        _map.RemoveAll(old => old.Match == entry.Match);
        _map.Add(entry);
        Tail.Append([entry], Tail.Head.Then(entry));
        return entry;
    }

    /// <summary>Another log, with nothing of this one in it.</summary>
    public void Replace(string epoch)
    {
        Tail = new(LogHead.Empty(epoch));
        _map.Clear();
    }

    public FollowerStep Next(FollowerStepKind kind)
    {
        var step = NextAfterWaits();
        step.Kind.ShouldBe(kind);
        return step;
    }

    public FollowerStep NextAfterWaits()
    {
        var step = Follower.Next();
        for (; step.Kind is FollowerStepKind.Wait; step = Follower.Next())
        {
            Time.Advance(step.Delay);
        }

        return step;
    }

    public void Load(params IReadOnlyList<LogEntry> more)
    {
        var snapshot = Next(FollowerStepKind.Snapshot).Snapshot!;
        snapshot.Begin(
            new() { Outcome = FeedOutcome.Entries, Epoch = Tail.Head.Epoch, Head = Tail.Head.Position, Chain = Tail.Head.Chain });
        List<LogEntry> entries = [.. more, .. _map];
        entries.ForEach(snapshot.Add);
        snapshot.End(entries.Count);
        Follower.Loaded(snapshot);
    }

    /// <summary>One poll and its answer, which <paramref name="change"/> may falsify.</summary>
    public FeedRequest Poll(Func<FeedAnswer, FeedAnswer>? change = null)
    {
        var request = Next(FollowerStepKind.Poll).Request!;
        Follower.Answered(request, (change ?? (answer => answer))(AnswerTo(request)));
        return request;
    }

    public FeedAnswer AnswerTo(FeedRequest request) =>
        Tail.Answer(request)! with { Nonce = request.Nonce, Now = Time.GetUtcNow().ToUnixTimeSeconds() };

    public bool Holds(string subject) => Holds(Replica.View.Set, subject);

    public bool Holds(RevocationSet set, string subject) =>
        set.TryFind(Probe.Of(Replica.Key, TestLog.Own, Match.Subject(subject)), out _);
}

/// <summary>Entries that call <paramref name="whenRead"/> whenever somebody reads them.</summary>
internal sealed class WatchedEntries(IReadOnlyList<LogEntry> entries, Action whenRead) : IReadOnlyList<LogEntry>
{
    public int Count => entries.Count;

    public LogEntry this[int index] => entries[index];

    public IEnumerator<LogEntry> GetEnumerator()
    {
        foreach (var entry in entries)
        {
            whenRead();
            yield return entry;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
