namespace Rescind.Authority.Feeding;

/// <summary>A receipt that waits until every live verifier has applied a position.</summary>
internal sealed class Waiter(LogPosition position, long number)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogPosition Position { get; } = position;

    /// <summary>When it came, among those that wait for the same position.</summary>
    public long Number { get; } = number;

    public Task Done => _done.Task;

    public void End() => _done.TrySetResult();
}

/// <summary>
/// The receipts that wait, in the order of their positions: each poll looks at the first of them alone. Not safe for
/// concurrent use: <see cref="VerifierRegistry"/> holds its lock.
/// </summary>
internal sealed class Waiters
{
    private readonly SortedSet<Waiter> _all = new(ByPosition.Instance);
    private long _came;

    public Waiter Add(LogPosition position)
    {
        var waiter = new Waiter(position, _came++);
        _all.Add(waiter);
        return waiter;
    }

    public void Remove(Waiter waiter) => _all.Remove(waiter);

    /// <summary>Every live verifier has applied everything up to <paramref name="position"/>.</summary>
    public void End(LogPosition position)
    {
        while (_all.Min is { } first && first.Position <= position)
        {
            _all.Remove(first);
            first.End();
        }
    }

    private sealed class ByPosition : IComparer<Waiter>
    {
        public static readonly ByPosition Instance = new();

        public int Compare(Waiter? x, Waiter? y) =>
            x!.Position.CompareTo(y!.Position) is not 0 and var order ? order : x.Number.CompareTo(y.Number);
    }
}
