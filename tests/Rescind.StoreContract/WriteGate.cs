namespace Rescind.StoreContract;

/// <summary>Holds up one write, as a slow disk would: whatever comes meanwhile waits behind it.</summary>
internal sealed class WriteGate : IDisposable
{
    private readonly SemaphoreSlim _reached = new(0);
    private readonly ManualResetEventSlim _open = new(initialState: true);

    /// <summary>The next write stops here until <see cref="Open"/>.</summary>
    public void Close() => _open.Reset();

    public void Open() => _open.Set();

    /// <summary>Ends once a write has stopped here.</summary>
    public Task ReachedAsync(CancellationToken cancellationToken) => _reached.WaitAsync(cancellationToken);

    /// <summary>The store calls it before each write.</summary>
    public void Pass()
    {
        if (!_open.IsSet)
        {
            _reached.Release();
            _open.Wait(TimeSpan.FromSeconds(60), CancellationToken.None).ShouldBeTrue();
        }
    }

    public void Dispose()
    {
        _reached.Dispose();
        _open.Dispose();
    }
}
