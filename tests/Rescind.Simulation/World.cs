namespace Rescind.Simulation;

/// <summary>The true time, and all that is still to happen, in order. One thread, no clock but this.</summary>
internal sealed class World(ulong seed)
{
    public static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<Happening, (TimeSpan At, long Order)> _due = new();
    private readonly Queue<string> _trace = [];
    private long _order;

    public Chance Chance { get; } = new(seed);

    public TimeSpan Now { get; private set; }

    /// <summary>What happened how often: a run that never reaches a state proves nothing about it.</summary>
    public SortedDictionary<string, int> Seen { get; } = new(StringComparer.Ordinal);

    public long TrueSeconds => (Begin + Now).ToUnixTimeSeconds();

    public IEnumerable<string> LastSteps => _trace;

    /// <summary>Does <paramref name="action"/> later, on <paramref name="machine"/> as it is now, once that is awake.</summary>
    public void After(TimeSpan delay, Machine? machine, Action action) =>
        Enqueue(Now + delay, new(machine, machine?.Incarnation ?? 0, action));

    /// <summary>Lets the next thing happen.</summary>
    public void Step()
    {
        while (_due.TryDequeue(out var next, out var due))
        {
            Now = due.At;
            if (next.Machine is { IsAwake: false } sleeping)
            {
                Enqueue(sleeping.AwakeAt, next);
            }
            else if (next.Machine is null || next.Machine.Incarnation == next.Incarnation)
            {
                next.Action();
                return;
            }
        }
    }

    public void Note(string kind, string what = "")
    {
        Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
        _trace.Enqueue($"{Now.TotalSeconds,10:0.000} {kind} {what}");
        if (_trace.Count > 60)
        {
            _trace.Dequeue();
        }
    }

    public void Count(VerdictKind kind)
    {
        var name = Enum.GetName(kind)!;
        Seen[name] = Seen.GetValueOrDefault(name) + 1;
    }

    private void Enqueue(TimeSpan at, Happening happening) => _due.Enqueue(happening, (at, _order++));

    private sealed record Happening(Machine? Machine, int Incarnation, Action Action);
}
