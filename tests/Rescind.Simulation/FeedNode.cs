namespace Rescind.Simulation;

/// <summary>
/// A process that serves the feed as the product's server does: held while nothing is new, the time read before the head.
/// </summary>
internal abstract class FeedNode(World world, string name)
{
    private readonly List<Waiter> _waiters = [];

    public Machine Machine { get; } = new(world, name);

    public bool IsUp { get; private set; }

    protected World World { get; } = world;

    /// <summary>The clock by which it forgets, and tells its followers to.</summary>
    protected SteadyClock Clock { get; private set; } = null!;

    protected FeedTail Tail { get; set; } = null!;

    /// <summary>How old what this node knows is.</summary>
    protected abstract TimeSpan Age { get; }

    protected abstract (LogHead Head, IReadOnlyList<LogEntry> Entries) ReadSnapshot();

    /// <summary>The snapshot for a follower whose own time this is.</summary>
    public (LogHead Head, IReadOnlyList<LogEntry> Entries) SnapshotAt(long now)
    {
        var (head, entries) = ReadSnapshot();
        var needed = Math.Min(now, Clock.Believed.ToUnixTimeSeconds());
        return (head, [.. entries.Where(entry => entry.State is null || entry.State.RememberUntil >= needed)]);
    }

    public void Receive(FeedRequest request, Action<FeedAnswer> reply)
    {
        var waiter = new Waiter(request, Machine.GetTimestamp(), reply);
        var answer = Read(request);
        Hear(request, answer);
        if (answer is not { Outcome: FeedOutcome.Entries, Entries.Count: 0 } || request.Wait <= TimeSpan.Zero)
        {
            Reply(waiter);
            return;
        }

        _waiters.Add(waiter);
        World.After(request.Wait, Machine, () => Reply(waiter));
    }

    public void Kill()
    {
        Machine.Incarnation++;
        IsUp = false;
        _waiters.Clear();
    }

    /// <summary>Starts a new process, which knows no later moment than the newest in its data; 0 where there is none.</summary>
    protected void Start(long newest)
    {
        Kill();
        IsUp = true;
        var begin = newest == 0 ? Machine.GetUtcNow() : DateTimeOffset.FromUnixTimeSeconds(newest);
        Clock = new(Machine, begin, SteadyClock.PatienceToForget);
    }

    protected void Wake()
    {
        foreach (var waiter in _waiters)
        {
            World.After(World.Chance.Milliseconds(0, 2), Machine, () => Reply(waiter));
        }
    }

    protected virtual FeedAnswer ReadOlder(FeedRequest request) => new() { Outcome = FeedOutcome.Gone };

    protected virtual void Hear(FeedRequest request, FeedAnswer answer)
    {
    }

    private FeedAnswer Read(FeedRequest request) => Tail.Answer(request) ?? ReadOlder(request);

    private void Reply(Waiter waiter)
    {
        if (waiter.IsDone)
        {
            return;
        }

        waiter.IsDone = true;
        _waiters.Remove(waiter);
        var held = Machine.GetElapsedTime(waiter.Received);
        var answer = Read(waiter.Request);
        World.Note(answer.Outcome.ToString());
        waiter.Reply(answer with
        {
            Nonce = waiter.Request.Nonce,
            Held = held,
            Age = Age,
            Now = Clock.Believed.ToUnixTimeSeconds(),
            Pace = TimeSpan.FromMilliseconds(5),
        });
    }

    private sealed class Waiter(FeedRequest request, long received, Action<FeedAnswer> reply)
    {
        public FeedRequest Request { get; } = request;

        public long Received { get; } = received;

        public Action<FeedAnswer> Reply { get; } = reply;

        public bool IsDone { get; set; }
    }
}
