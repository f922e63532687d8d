namespace Rescind.Verifier.Feeding;

/// <summary>A moment at which a call is given up, on the given clock; it can be moved while the call makes progress.</summary>
internal sealed class Deadline : IAsyncDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly ITimer _timer;

    public Deadline(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        Limit = limit;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = time.CreateTimer(
            static source => ((CancellationTokenSource)source!).Cancel(), _source, limit, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Cancelled at the deadline, or with the caller's own token.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>How long the call was given, by the last who gave it time.</summary>
    public TimeSpan Limit { get; private set; }

    /// <summary>Gives the call so much time from now.</summary>
    public void Move(TimeSpan limit)
    {
        Limit = limit;
        _timer.Change(limit, Timeout.InfiniteTimeSpan);
    }

    public async ValueTask DisposeAsync()
    {
        // The timer first: it must not cancel a source that is gone.
        await _timer.DisposeAsync().ConfigureAwait(false);
        _source.Dispose();
    }
}
