namespace Rescind.Authority.Feeding;

/// <summary>A receipt that waits: for whom, until they have applied a position.</summary>
internal sealed class Waiter(LogPosition position, HashSet<(string ClientId, string Instance)> pending)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LogPosition Position { get; } = position;

    public HashSet<(string ClientId, string Instance)> Pending { get; } = pending;

    public Task Done => _done.Task;

    public void CompleteIfDone()
    {
        if (Pending.Count == 0)
        {
            _done.TrySetResult();
        }
    }
}

/// <summary>How many connections each verifier had closed at a moment. One that was not heard of then had closed none.</summary>
internal sealed class ClosedConnections(IReadOnlyDictionary<(string ClientId, string Instance), long> counts)
{
    public long Of((string ClientId, string Instance) verifier) => counts.GetValueOrDefault(verifier);
}
