namespace Rescind.Authority.Feeding;

/// <summary>A receipt that waits: for the verifiers at some places, until they have applied a position.</summary>
internal sealed class Waiter(LogPosition position)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ulong> _pending = [];
    private int _count;

    public LogPosition Position { get; } = position;

    public Task Done => _done.Task;

    /// <summary>Waits for one more.</summary>
    public void Add(int place)
    {
        while (_pending.Count <= place / 64)
        {
            _pending.Add(0);
        }

        _count += IsPending(place) ? 0 : 1;
        _pending[place / 64] |= 1UL << place;
    }

    /// <summary>Waits for one less, if it did for this.</summary>
    public void Remove(int place)
    {
        if (IsPending(place))
        {
            _count--;
            _pending[place / 64] &= ~(1UL << place);
            CompleteIfDone();
        }
    }

    public void CompleteIfDone()
    {
        if (_count == 0)
        {
            _done.TrySetResult();
        }
    }

    private bool IsPending(int place) => place / 64 < _pending.Count && (_pending[place / 64] & (1UL << place)) != 0;
}

/// <summary>
/// The receipts that wait, and a place for each verifier that is remembered: many wait at once, each for all verifiers,
/// which is a bit each. Not safe for concurrent use: <see cref="Verifiers"/> holds its lock.
/// </summary>
internal sealed class Waiters
{
    private readonly List<Waiter> _all = [];
    private readonly Stack<int> _free = [];
    private int _places;

    public int TakePlace() => _free.TryPop(out var place) ? place : _places++;

    /// <summary>Whoever was there has left: nobody waits for it, nor for who comes there next.</summary>
    public void GivePlace(int place)
    {
        Acknowledge(place, new(LogPosition.MaxValue));
        _free.Push(place);
    }

    public Waiter Add(LogPosition position, IEnumerable<int> pending)
    {
        var waiter = new Waiter(position);
        foreach (var place in pending)
        {
            waiter.Add(place);
        }

        _all.Add(waiter);
        waiter.CompleteIfDone();
        return waiter;
    }

    public void Remove(Waiter waiter) => _all.Remove(waiter);

    /// <summary>The verifier at a place has applied everything up to <paramref name="position"/>.</summary>
    public void Acknowledge(int place, LogPosition position)
    {
        foreach (var waiter in _all)
        {
            if (position >= waiter.Position)
            {
                waiter.Remove(place);
            }
        }
    }
}

/// <summary>How many connections each verifier had closed at a moment. One that was not heard of then had closed none.</summary>
internal sealed class ClosedConnections(IReadOnlyDictionary<(string ClientId, string Instance), long> counts)
{
    public long Of((string ClientId, string Instance) verifier) => counts.GetValueOrDefault(verifier);
}
