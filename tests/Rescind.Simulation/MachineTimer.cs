namespace Rescind.Simulation;

/// <summary>
/// A timer of a machine: it fires when so much time has passed by that machine's monotonic clock, and not while it sleeps.
/// </summary>
internal sealed class MachineTimer : ITimer
{
    private readonly World _world;
    private readonly Machine _machine;
    private readonly Action _fire;
    private Happening? _next;
    private TimeSpan _period;
    private long _due;

    public MachineTimer(World world, Machine machine, Action fire, TimeSpan dueTime, TimeSpan period)
    {
        (_world, _machine, _fire) = (world, machine, fire);
        Change(dueTime, period);
    }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        _next?.Cancel();
        _period = period;
        if (dueTime >= TimeSpan.Zero)
        {
            _due = _machine.GetTimestamp() + dueTime.Ticks;
            Wait();
        }

        return true;
    }

    public void Dispose() => _next?.Cancel();

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void Wait() =>
        _next = _world.After(TimeSpan.FromTicks(Math.Max(0, _due - _machine.GetTimestamp())), _machine, Look);

    // A clock that stood meanwhile has still to go.
    private void Look()
    {
        if (_machine.GetTimestamp() < _due)
        {
            Wait();
            return;
        }

        if (_period > TimeSpan.Zero)
        {
            _due = _machine.GetTimestamp() + _period.Ticks;
            Wait();
        }

        _fire();
    }
}
