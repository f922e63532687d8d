namespace Rescind.Authority.Stores;

/// <summary>Lets a few of those who do the same go on at once. Safe for concurrent use.</summary>
internal sealed class Turns(int atOnce) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOnce);

    /// <summary>Waits for a turn; dispose it at its end.</summary>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_free);
    }

    /// <summary>A turn, or null if all are taken.</summary>
    public IDisposable? TryTake() => _free.Wait(0) ? new Turn(_free) : null;

    public void Dispose() => _free.Dispose();

    private sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
