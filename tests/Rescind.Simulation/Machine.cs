namespace Rescind.Simulation;

/// <summary>
/// A machine and its two clocks. While it sleeps nothing on it happens; what was due happens when it wakes. A new
/// process on it is a new incarnation, for which nothing of the old one happens any more. Everything in a process that
/// waits for time waits for this.
/// </summary>
internal sealed class Machine(World world, string name) : TimeProvider
{
    private readonly List<(TimeSpan From, TimeSpan Length)> _freezes = [];
    private readonly List<MachineTimer> _timers = [];
    private TimeSpan _notCountedByMonotonic;
    private TimeSpan _wallOffset;

    public string Name { get; } = name;

    /// <summary>By how much its wall clock is ahead of the truth.</summary>
    public TimeSpan WallOffset => _wallOffset;

    public TimeSpan AwakeAt { get; private set; }

    public bool IsAwake => AwakeAt <= world.Now;

    public int Incarnation { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (world.Now - _notCountedByMonotonic).Ticks;

    public override DateTimeOffset GetUtcNow() => World.Begin + world.Now + _wallOffset;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        Kept(new MachineTimer(world, this, () => callback(state), dueTime, period));

    /// <summary>The process stands still; both clocks run on.</summary>
    public void Pause(TimeSpan length) => AwakeAt = world.Now + World.Whole(length);

    /// <summary>The machine sleeps: its monotonic clock stops, its wall clock runs on.</summary>
    public void Suspend(TimeSpan length)
    {
        Pause(length);
        _notCountedByMonotonic += World.Whole(length);
    }

    /// <summary>The machine is frozen from outside, as a virtual machine can be: both clocks stop, and it cannot know.</summary>
    public void Freeze(TimeSpan length)
    {
        Suspend(length);
        _wallOffset -= World.Whole(length);
        _freezes.Add((world.Now, World.Whole(length)));
    }

    /// <summary>
    /// The wall clock is set; within half of the clock margin of the truth, for that is what retention is made for.
    /// </summary>
    public void StepTo(TimeSpan offset) => _wallOffset = offset;

    /// <summary>How long it was frozen since <paramref name="instant"/>: what no program on it can ever notice.</summary>
    public TimeSpan FrozenSince(TimeSpan instant) => _freezes
        .Where(freeze => freeze.From + freeze.Length > instant)
        .Aggregate(TimeSpan.Zero, (sum, freeze) => sum + freeze.Length);

    // What a process that died has left waits for ever, and is not tidied away by whichever thread, whenever that likes.
    private MachineTimer Kept(MachineTimer timer)
    {
        _timers.Add(timer);
        return timer;
    }

    public bool IsBehindTheTruth => _wallOffset < TimeSpan.FromSeconds(-25);
}
