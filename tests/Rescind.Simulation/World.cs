using System.Runtime.ExceptionServices;

namespace Rescind.Simulation;

/// <summary>
/// The true time, and all that is still to happen, in order. No clock but this, and one thing at a time: the next comes
/// once all that the last one set off waits again.
/// </summary>
internal sealed class World(ulong seed)
{
    public static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Happening, (TimeSpan At, long Order)> _due = new();
    private long _order;
    private Exception? _broken;

    public Chance Chance { get; } = new(seed);

    public Trace Trace { get; } = new();

    public TimeSpan Now { get; private set; }

    public long TrueSeconds => (Begin + Now).ToUnixTimeSeconds();

    /// <summary>
    /// A time as timers wait for it, in whole milliseconds: whoever waited for less would find that no time has passed.
    /// </summary>
    public static TimeSpan Whole(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));

    /// <summary>Does <paramref name="action"/> later, on <paramref name="machine"/> as it is now, once that is awake.</summary>
    public Happening After(TimeSpan delay, Machine? machine, Action action)
    {
        var happening = new Happening(machine, machine?.Incarnation ?? 0, action);
        Enqueue(Now + Whole(delay), happening);
        return happening;
    }

    /// <summary>Completes later, on <paramref name="machine"/> as it is now; never if that process has died until then.</summary>
    public Task DelayAsync(TimeSpan delay, Machine machine)
    {
        var done = new TaskCompletionSource();
        After(delay, machine, done.SetResult);
        return done.Task;
    }

    /// <summary>Lets <paramref name="work"/> go on by itself. What it throws ends the run.</summary>
    public async void Run(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception broken)
        {
            _broken ??= broken;
        }
    }

    /// <summary>Lets the next thing happen, and all that follows from it at once.</summary>
    public async ValueTask StepAsync()
    {
        Next();
        await OneThread.GiveWayAsync();
        if (_broken is { } broken)
        {
            ExceptionDispatchInfo.Throw(broken);
        }
    }

    public void Note(string kind, string what = "") => Trace.Add(Now, kind, what);

    private void Next()
    {
        while (_due.TryDequeue(out var next, out var due))
        {
            if (next.IsOver)
            {
                continue;
            }

            Now = due.At;
            if (next.Machine is { IsAwake: false } sleeping)
            {
                Enqueue(sleeping.AwakeAt, next);
            }
            else
            {
                next.Happen();
                return;
            }
        }
    }

    private void Enqueue(TimeSpan at, Happening happening) => _due.Enqueue(happening, (at, _order++));
}

/// <summary>Something that is still to happen.</summary>
internal sealed class Happening(Machine? machine, int incarnation, Action action)
{
    private bool _isCancelled;

    public Machine? Machine => machine;

    /// <summary>Whether it will not happen: it was cancelled, or its process is no more.</summary>
    public bool IsOver => _isCancelled || (machine is not null && machine.Incarnation != incarnation);

    public void Cancel() => _isCancelled = true;

    public void Happen() => action();
}
