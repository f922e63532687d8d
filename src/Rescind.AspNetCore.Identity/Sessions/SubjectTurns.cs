namespace Rescind.AspNetCore.Identity.Sessions;

/// <summary>Lets the logins of one subject pass one after the other, within this process. Bounded: subjects share turns.</summary>
internal sealed class SubjectTurns
{
    private const int Count = 256;

    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, Count).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the turn; disposing gives it back.</summary>
    public async Task<IDisposable> TakeAsync(string subject, CancellationToken cancellationToken)
    {
        var turn = _turns[(uint)string.GetHashCode(subject, StringComparison.Ordinal) % Count];
        await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(turn);
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
