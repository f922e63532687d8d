namespace Rescind.StoreContract;

/// <summary>Holds up one write, as a slow disk would: whatever comes meanwhile waits behind it.</summary>
internal sealed class WriteGate
{
    private volatile Stop? _stop;

    /// <summary>The next write stops here until <see cref="Open"/>.</summary>
    public void Close() => _stop = new();

    /// <summary>Ends once a write has stopped here.</summary>
    public Task ReachedAsync(CancellationToken cancellationToken) =>
        _stop.ShouldNotBeNull().Reached.Task.WaitAsync(cancellationToken);

    public void Open()
    {
        var stop = _stop.ShouldNotBeNull();
        _stop = null;
        stop.Opened.SetResult();
    }

    /// <summary>The store calls it before each write.</summary>
    public void Pass()
    {
        if (_stop is { } stop)
        {
            stop.Reached.TrySetResult();
            stop.Opened.Task.Wait(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        }
    }

    private sealed record Stop
    {
        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
