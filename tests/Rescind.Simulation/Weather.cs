using Rescind.Authority.Stores.Memory;

namespace Rescind.Simulation;

/// <summary>
/// What goes wrong in a run. Each run draws which kinds of trouble it has at all, so that some see much of one alone.
/// </summary>
internal sealed class Weather
{
    private readonly Story _story;
    private readonly World _world;
    private readonly ClockWeather _clocks;
    private readonly List<Action> _troubles = [];
    private readonly bool _restoresSilently;
    private MemoryData _backup;
    private int _restores;

    public Weather(Story story)
    {
        (_story, _world) = (story, story.World);
        _clocks = new(story);
        _backup = story.Shared.Copy();
        _restoresSilently = _world.Chance.Of(0.2);
        var (network, store) = (story.Network, story.Shared);
        (network.Loss, network.Doubling, network.Slowness) = (Sometimes(0.2), Sometimes(0.3), Sometimes(0.3));
        (network.Caching, network.Cut, story.Calls.Loss) = (Sometimes(0.3), Sometimes(0.5), Sometimes(0.3));
        network.Shortness = Sometimes(0.5);
        (store.Slowness, store.Failing, store.Conflicting) = (Sometimes(0.1), Sometimes(0.1), Sometimes(0.5));

        // Not where a backup comes back unnoticed, which the protocol cannot see behind a 410.
        store.LogRetention = _restoresSilently ? TimeSpan.FromHours(1) : TimeSpan.FromSeconds(30) + story.Unit;
        foreach (var trouble in (Action[])
        [
            CutOff, Pause, _clocks.Suspend, _clocks.Freeze, _clocks.Step, _clocks.StepNodes, _clocks.JumpNodes,
            _clocks.SuspendNodes, Kill, PauseNode, CutOffStore, RestartVerifier, Restore,
        ])
        {
            if (_world.Chance.Of(0.5))
            {
                _troubles.Add(trouble);
            }
        }
    }

    private TimeSpan Unit => _story.Unit;

    public void Brew() => _world.After(_world.Chance.Between(Unit / 10, Unit * 2), null, () =>
    {
        if (_story.IsQuiet)
        {
            return;
        }

        if (_troubles.Count > 0)
        {
            _world.Chance.Pick(_troubles)();
        }

        if (_world.Chance.Of(0.2))
        {
            _backup = _story.Shared.Copy();
        }

        Brew();
    });

    private double Sometimes(double most) => _world.Chance.Of(0.5) ? _world.Chance.NextFraction() * most : 0;

    private SimulatedVerifier AVerifier() => _world.Chance.Pick(_story.Verifiers);

    private Node ANode() => _world.Chance.Pick(_story.Nodes);

    private TimeSpan Length() => _world.Chance.Between(Unit / 20, Unit * 3);

    private void CutOff() => _story.Network.CutOff(AVerifier().Machine.Name, Length());

    private void Pause() => _clocks.Sleep("paused", (machine, length) => machine.Pause(length));

    private void CutOffStore()
    {
        var node = ANode();
        _world.Note("store cut off", node.Machine.Name);
        node.Access.CutOff(Length());
    }

    private void PauseNode()
    {
        var node = ANode();
        if (node.Machine.IsAwake)
        {
            _world.Note("node paused", node.Machine.Name);
            node.Machine.Pause(Length());
        }
    }

    private void Kill()
    {
        var node = ANode();
        if (node.IsUp && !_clocks.IsJumped(node))
        {
            _world.Note("killed", node.Machine.Name);
            node.Kill();
            _world.After(Length(), null, node.Start);
        }
    }

    private void RestartVerifier()
    {
        var verifier = AVerifier();
        if (verifier.Machine.IsAwake)
        {
            _world.Note("restarted", verifier.Machine.Name);
            verifier.Restart();
        }
    }

    private void Restore()
    {
        var (shared, lost, time) = (_story.Shared, _story.Shared.Data.Head.Position, _story.Nodes[0].Machine);
        if (_restores == 2 || _story.Nodes.Any(node => !node.IsUp || _clocks.IsJumped(node))
            || !_backup.Head.AcceptsClock(time.GetUtcNow()))
        {
            return;
        }

        _restores++;
        _story.NoteRestore();
        _world.Note(_restoresSilently ? "restored silently" : "restored", $"to {_backup.Head.Position}");
        foreach (var node in _story.Nodes)
        {
            node.Kill();
        }

        _story.Promises.Lost(_backup, replacesKeys: !_restoresSilently);
        shared.PutBack(_backup);
        _world.Run(async () =>
        {
            if (!_restoresSilently)
            {
                await shared.BeginAnotherLogAsync(lost, time, _world.Chance);
            }

            foreach (var node in _story.Nodes)
            {
                node.Start();
            }

            _backup = shared.Copy();
        });
    }
}
