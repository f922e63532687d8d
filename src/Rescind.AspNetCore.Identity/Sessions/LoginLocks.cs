namespace Rescind.AspNetCore.Identity.Sessions;

/// <summary>
/// Lets the logins of one subject pass one after the other, within this process. Bounded: subjects share locks.
/// </summary>
internal sealed class LoginLocks
{
    private const int Count = 256;

    private readonly SemaphoreSlim[] _locks = [.. Enumerable.Range(0, Count).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the lock; disposing releases it.</summary>
    public async Task<IDisposable> TakeAsync(string subject, CancellationToken cancellationToken)
    {
        var semaphore = _locks[(uint)string.GetHashCode(subject, StringComparison.Ordinal) % Count];
        await semaphore.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new HeldLock(semaphore);
    }

    private sealed class HeldLock(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
