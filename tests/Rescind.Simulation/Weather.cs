namespace Rescind.Simulation;

/// <summary>
/// What goes wrong in a run. Each run draws which kinds of trouble it has at all, so that some see much of one alone.
/// </summary>
internal sealed class Weather
{
    private static readonly TimeSpan[] Jumps =
        [TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromDays(1), TimeSpan.FromDays(100)];

    private readonly Story _story;
    private readonly World _world;
    private readonly List<Action> _troubles = [];
    private readonly bool _restoresSilently;
    private Disk _backup;
    private int _epochs;
    private bool _isJumped;

    // Two clocks that are wrong in opposite ways hide time from any program: one trouble with the clocks at a time.
    private TimeSpan _clocksSettleAt;

    public Weather(Story story)
    {
        _story = story;
        _world = story.World;
        _backup = story.Authority.Disk;
        _restoresSilently = _world.Chance.Of(0.2);
        var network = story.Network;
        (network.Loss, network.Doubling, network.Slowness) = (Sometimes(0.2), Sometimes(0.3), Sometimes(0.3));
        (network.Caching, network.Cut) = (Sometimes(0.3), Sometimes(0.5));
        foreach (var trouble in (Action[])
        [
            CutOff, Pause, Suspend, Freeze, StepClock, StepAuthoritysClock, JumpAuthoritysClock, Kill, PauseAuthority,
            RestartVerifier, Restore,
        ])
        {
            if (_world.Chance.Of(0.5))
            {
                _troubles.Add(trouble);
            }
        }
    }

    /// <summary>
    /// Whether old rows of the log may go: not where a backup comes back unnoticed, which the protocol cannot see behind a 410.
    /// </summary>
    public bool TrimsLog => !_restoresSilently;

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
            _backup = _story.Authority.Disk;
        }

        Brew();
    });

    private double Sometimes(double most) => _world.Chance.Of(0.5) ? _world.Chance.NextFraction() * most : 0;

    private SimulatedVerifier AVerifier() => _world.Chance.Pick(_story.Verifiers);

    private TimeSpan Length() => _world.Chance.Between(Unit / 20, Unit * 3);

    private void CutOff() => _story.Network.CutOff(AVerifier().Machine.Name, Length());

    private void Pause() => Sleep("paused", (machine, length) => machine.Pause(length));

    private void Suspend() => SleepUnlessClocksAreOff("suspended", (machine, length) => machine.Suspend(length));

    private void Freeze() => SleepUnlessClocksAreOff("frozen", (machine, length) =>
    {
        if (!machine.IsBehindTheTruth)
        {
            machine.Freeze(Shorter(length, TimeSpan.FromSeconds(5)));
        }
    });

    private void SleepUnlessClocksAreOff(string kind, Action<Machine, TimeSpan> sleep)
    {
        if (_world.Now >= _clocksSettleAt)
        {
            Sleep(kind, sleep);
        }
    }

    private void Sleep(string kind, Action<Machine, TimeSpan> sleep)
    {
        var verifier = AVerifier();
        if (verifier.Machine.IsAwake)
        {
            sleep(verifier.Machine, Length());
            _world.Note(kind, $"{verifier.Machine.Name} until {verifier.Machine.AwakeAt.TotalSeconds:0.000}");
            _clocksSettleAt = Later(_clocksSettleAt, verifier.Machine.AwakeAt + (_story.LongestBound * 2));

            // Whoever calls it at the very moment when it wakes, before it has followed anything.
            _world.After(
                verifier.Machine.AwakeAt - _world.Now, verifier.Machine, () => _story.Promises.Check(verifier, _story.Authority));
        }
    }

    private void StepClock()
    {
        var machine = AVerifier().Machine;
        if (_world.Now >= _clocksSettleAt && machine.IsAwake)
        {
            _world.Note("stepped", machine.Name);
            machine.StepTo(_world.Chance.Milliseconds(-25_000, 25_000));
            _clocksSettleAt = _world.Now + (_story.LongestBound * 2);
        }
    }

    private void StepAuthoritysClock()
    {
        if (_isJumped)
        {
            return;
        }

        _world.Note("stepped", "authority");
        _story.Authority.Machine.StepTo(_world.Chance.Milliseconds(-25_000, 25_000));
    }

    // For less than the minute after which it would date by it; and it does not start anew meanwhile, which would take
    // the clock as it is.
    private void JumpAuthoritysClock()
    {
        if (_isJumped || !_story.Authority.IsUp)
        {
            return;
        }

        _isJumped = true;
        _world.Note("jumped", "authority");
        _story.Authority.Machine.StepTo(_world.Chance.Pick(Jumps));
        _world.After(_world.Chance.Between(TimeSpan.Zero, TimeSpan.FromSeconds(50)), null, () =>
        {
            _story.Authority.Machine.StepTo(TimeSpan.Zero);
            _isJumped = false;
        });
    }

    private void PauseAuthority() => _story.Authority.Machine.Pause(Length());

    private void Kill()
    {
        if (_story.Authority.IsUp && !_isJumped)
        {
            _world.Note("killed");
            _story.Authority.Kill();
            _world.After(Length(), null, _story.Authority.Restart);
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
        if (!_story.Authority.IsUp || _isJumped || _epochs == 2)
        {
            return;
        }

        _world.Note(_restoresSilently ? "restored silently" : "restored", $"to {_backup.Head.Position}");
        _story.Authority.Restore(_backup, _restoresSilently ? null : $"epoch-{_epochs + 1}");
        _story.Second?.Restart();
        _backup = _story.Authority.Disk;
        _epochs++;
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
