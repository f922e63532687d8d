namespace Rescind.Simulation;

/// <summary>One process that follows and judges. What its loop does with a step is what the product's loop does.</summary>
internal sealed class SimulatedVerifier
{
    private readonly World _world;
    private readonly SimulatedNetwork _network;
    private readonly TimeSpan _patience;
    private object? _awaited;

    public SimulatedVerifier(World world, SimulatedNetwork network, string name, TimeSpan bound)
    {
        (_world, _network) = (world, network);
        Machine = new(world, name);
        Identity = new(name, "", World.Whole(bound));
        _patience = world.Chance.Milliseconds(1000, 8000);
        Restart();
    }

    public Machine Machine { get; }

    public FollowerIdentity Identity { get; private set; }

    /// <summary>The node that it asks; another now and then.</summary>
    public Node? Node { get; set; }

    public Replica Replica { get; private set; } = null!;

    public FeedFollower Follower { get; private set; } = null!;

    public Judge Judge { get; private set; } = null!;

    /// <summary>What this process has refused, and by which act: it must never accept it again.</summary>
    public HashSet<(string Token, LogPosition Act)> Refused { get; } = [];

    /// <summary>The demand of its strictest route.</summary>
    public TimeSpan SmallestFreshness => Identity.Bound * 0.4;

    /// <summary>A new process: nothing in memory, another instance.</summary>
    public void Restart()
    {
        Machine.Incarnation++;
        Refused.Clear();
        Identity = Identity with { Instance = $"{Identity.Name}-{Machine.Incarnation}" };
        Replica = new(Machine, _world.Chance);
        Follower = new(Replica, Identity, SmallestFreshness, Machine, _world.Chance);
        Judge = new(Replica, Machine);
        Drive();
    }

    private void Drive()
    {
        var step = Follower.Next();
        switch (step)
        {
            case { Kind: FollowerStepKind.Poll, Request: { } request }:
                var fail = Await(request.Wait + _patience, request);
                _network.Poll(this, request, answer => Take(request, answer), fail);
                break;
            case { Kind: FollowerStepKind.Snapshot, Snapshot: { } snapshot }:
                _network.ReadSnapshot(
                    this, snapshot.Now!.Value, lines => Load(snapshot, lines), Await(_patience, snapshot));
                break;
            default:
                _world.After(step.Delay, Machine, Drive);
                break;
        }
    }

    private Action Await(TimeSpan limit, object step)
    {
        _awaited = step;
        _world.After(limit, Machine, Fail);
        return Fail;

        void Fail()
        {
            if (ReferenceEquals(_awaited, step))
            {
                _awaited = null;
                Follower.Failed("No answer.");
                Drive();
            }
        }
    }

    // Late and doubled answers are reported, too: it is the follower that must not mind them.
    private void Take(FeedRequest request, FeedAnswer answer)
    {
        Follower.Answered(request, answer);
        _world.Note(answer.Outcome.ToString(),
            $"{Machine.Name} after {request.After} to {answer.Head}, {answer.Entries.Count} entries");
        if (ReferenceEquals(_awaited, request))
        {
            _awaited = null;
            Drive();
        }
    }

    private void Load(SnapshotBuilder snapshot, IReadOnlyList<ReadOnlyMemory<byte>> lines)
    {
        if (!ReferenceEquals(_awaited, snapshot))
        {
            return;
        }

        _awaited = null;
        var isCut = _world.Chance.Of(_network.Cut);
        foreach (var line in lines.Take(isCut ? _world.Chance.Below(lines.Count) : lines.Count))
        {
            FeedJson.ReadSnapshotLine(line, snapshot);
        }

        if (isCut)
        {
            _world.Note("cut", Machine.Name);
            Follower.Failed("The snapshot was cut off.");
        }
        else
        {
            var forks = Replica.Forks;
            Follower.Loaded(snapshot);
            _world.Note(Replica.Forks > forks ? "forked" : "loaded", $"{Machine.Name} at {Replica.Epoch} {Replica.Position}");
        }

        Drive();
    }
}
