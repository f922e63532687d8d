namespace Rescind.Simulation;

/// <summary>What goes wrong with clocks: machines that sleep, stand still, are set, and jump.</summary>
internal sealed class ClockWeather(Story story)
{
    private static readonly TimeSpan[] Jumps =
        [TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(100)];

    private readonly World _world = story.World;
    private readonly HashSet<Node> _jumped = [];

    // How far apart the clocks of nodes are at most: one that is behind the others records nothing.
    private readonly double _skew = story.Nodes.Count == 1 ? 25_000 : story.World.Chance.Pick([500.0, 4_000, 25_000]);

    // Two clocks that are wrong in opposite ways hide time from any program: one trouble with the clocks at a time.
    private TimeSpan _settleAt;
    private TimeSpan _nodesSettleAt;

    public bool IsJumped(Node node) => _jumped.Contains(node);

    public void Suspend() => SleepUnlessClocksAreOff("suspended", (machine, length) => machine.Suspend(length));

    public void Freeze() => SleepUnlessClocksAreOff("frozen", (machine, length) =>
    {
        if (!machine.IsBehindTheTruth)
        {
            machine.Freeze(length < TimeSpan.FromSeconds(5) ? length : TimeSpan.FromSeconds(5));
        }
    });

    public void Sleep(string kind, Action<Machine, TimeSpan> sleep)
    {
        var verifier = AVerifier();
        if (verifier.Machine.IsAwake)
        {
            sleep(verifier.Machine, _world.Chance.Between(story.Unit / 20, story.Unit * 3));
            _world.Note(kind, $"{verifier.Machine.Name} until {verifier.Machine.AwakeAt.TotalSeconds:0.000}");
            var settled = verifier.Machine.AwakeAt + (story.LongestBound * 2);
            _settleAt = settled > _settleAt ? settled : _settleAt;

            // Whoever calls it at the very moment when it wakes, before it has followed anything.
            _world.After(verifier.Machine.AwakeAt - _world.Now, verifier.Machine, () => story.Check(verifier));
        }
    }

    public void Step()
    {
        var machine = AVerifier().Machine;
        if (_world.Now >= _settleAt && machine.IsAwake)
        {
            _world.Note("stepped", machine.Name);
            machine.StepTo(_world.Chance.Milliseconds(-25_000, 25_000));
            _settleAt = _world.Now + (story.LongestBound * 2);
        }
    }

    public void StepNodes()
    {
        var node = _world.Chance.Pick(story.Nodes);
        if (AreRight(node))
        {
            _world.Note("stepped", node.Machine.Name);
            node.Machine.StepTo(_world.Chance.Milliseconds(-_skew, _skew));
            _nodesSettleAt = _world.Now + (story.LongestBound * 2);
        }
    }

    public void SuspendNodes()
    {
        var node = _world.Chance.Pick(story.Nodes);
        if (AreRight(node))
        {
            node.Machine.Suspend(_world.Chance.Between(story.Unit / 20, story.Unit * 3));
            _world.Note("node suspended", $"{node.Machine.Name} until {node.Machine.AwakeAt.TotalSeconds:0.000}");
            _nodesSettleAt = node.Machine.AwakeAt + (story.LongestBound * 2);
        }
    }

    // For less than the minute after which it would date by it; and it does not start anew meanwhile, which would take
    // the clock as it is.
    public void JumpNodes()
    {
        var node = _world.Chance.Pick(story.Nodes);
        if (!node.IsUp || !AreRight(node))
        {
            return;
        }

        _jumped.Add(node);
        _world.Note("jumped", node.Machine.Name);
        node.Machine.StepTo(_world.Chance.Pick(Jumps));
        _world.After(_world.Chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(50)), null, () =>
        {
            node.Machine.StepTo(TimeSpan.Zero);
            _jumped.Remove(node);
            _nodesSettleAt = _world.Now + (story.LongestBound * 2);
        });
    }

    private bool AreRight(Node node) => _world.Now >= _nodesSettleAt && node.Machine.IsAwake && !IsJumped(node);

    private void SleepUnlessClocksAreOff(string kind, Action<Machine, TimeSpan> sleep)
    {
        if (_world.Now >= _settleAt)
        {
            Sleep(kind, sleep);
        }
    }

    private SimulatedVerifier AVerifier() => _world.Chance.Pick(story.Verifiers);
}
