namespace Rescind;

/// <summary>When something that another server publishes is asked for.</summary>
/// <param name="RefreshAfter">How old it may be before it is asked for again, beside its use.</param>
/// <param name="MaxAge">How old it may be and still be believed.</param>
/// <param name="Limit">How long one answer may take.</param>
public sealed record FetchTimes(TimeSpan RefreshAfter, TimeSpan MaxAge, TimeSpan Limit)
{
    /// <summary>
    /// The shortest time from one fetch to the next: made-up names must not turn us against somebody else's server (JWK-7).
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>The longest pause after failures, which double it.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a caller is kept waiting at most for a pause to end, and as long again for the answer to what is then asked.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
}

/// <summary>What is known of what another server publishes.</summary>
/// <param name="Value">As it was last fetched; null if it is not known at all.</param>
/// <param name="IsConclusive">
/// Whether <paramref name="Value"/> suffices, or was asked for after the call: only then is what it does not hold not there.
/// </param>
/// <param name="RetryAfter">When more can be known, if it is not conclusive.</param>
public readonly record struct Fetched<T>(T? Value, bool IsConclusive, TimeSpan RetryAfter)
    where T : class;

/// <summary>
/// What another server publishes, fetched when somebody needs more than is known, and shared by all who wait. What is
/// looked for is not remembered, so that nobody can use up the fetch that another needs: what is missing counts as
/// missing only in an answer that was asked for afterwards. Nobody waits longer than twice
/// <see cref="FetchTimes.Patience"/>. Safe for concurrent use.
/// </summary>
/// <param name="fetch">Fetches it; throws if that fails.</param>
/// <param name="times">When.</param>
/// <param name="time">Measures ages, pauses and patience.</param>
public sealed class SharedFetch<T>(Func<CancellationToken, Task<T>> fetch, FetchTimes times, TimeProvider time)
    where T : class
{
    private readonly Lock _lock = new();
    private Task? _running;
    private T? _value;
    private long _fetchedAt;
    private long _startedAt;
    private TimeSpan _pause;
    private int _failures;

    // Fetches are numbered, because two moments can be the same. Those up to _ended are over; that of _answered gave the value.
    private long _started;
    private long _ended;
    private long _answered;

    private T? Believed => _value is not null && time.GetElapsedTime(_fetchedAt) < times.MaxAge ? _value : null;

    private TimeSpan PauseLeft => _started == 0 ? TimeSpan.Zero : _pause - time.GetElapsedTime(_startedAt);

    /// <summary>
    /// What is published, if <paramref name="suffices"/> takes it; otherwise what was asked for since the call, if that
    /// can be had without undue delay. Throws only for <paramref name="cancellationToken"/>.
    /// </summary>
    public async Task<Fetched<T>> FindAsync(Func<T, bool> suffices, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(suffices);
        var arrived = time.GetTimestamp();
        var before = Interlocked.Read(ref _started);
        while (true)
        {
            if (Look(suffices, before, arrived, out var found, cancellationToken) is not { } awaited)
            {
                return found;
            }

            try
            {
                await awaited.WaitAsync(FetchTimes.Patience, time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // One more look: the patience is over.
            }
        }
    }

    /// <summary>Asks again, beside the use of what is known, if that is older than <paramref name="age"/>.</summary>
    public void RefreshIfOlder(TimeSpan age)
    {
        lock (_lock)
        {
            if (_value is not null && _running is null && time.GetElapsedTime(_fetchedAt) >= age && PauseLeft <= TimeSpan.Zero)
            {
                Start();
            }
        }
    }

    // What is known, or what to wait for.
    private Task? Look(
        Func<T, bool> suffices, long before, long arrived, out Fetched<T> found, CancellationToken cancellationToken)
    {
        RefreshIfOlder(times.RefreshAfter);
        lock (_lock)
        {
            var value = Believed;
            var isConclusive = value is not null && (_answered > before || suffices(value));
            var pause = PauseLeft;
            found = new(value, isConclusive, _running is null && pause > TimeSpan.Zero ? pause : TimeSpan.FromSeconds(1));
            // Counted anew from a fetch that was asked for since the call: it may have waited for a pause already.
            var patience = FetchTimes.Patience - time.GetElapsedTime(_started > before ? _startedAt : arrived);
            return isConclusive || _ended > before ? null
                : _running is { } running ? (patience > TimeSpan.Zero ? running : null)
                : pause <= TimeSpan.Zero ? Start()
                : pause < patience ? Task.Delay(pause, time, cancellationToken)
                : null;
        }
    }

    private Task Start()
    {
        var number = ++_started;
        _startedAt = time.GetTimestamp();
        if (ExecutionContext.IsFlowSuppressed())
        {
            return _running = Task.Run(() => RunAsync(number));
        }

        // Of nobody's request: whoever happened to come first must not be in the logs and traces of all.
        using var _ = ExecutionContext.SuppressFlow();
        return _running = Task.Run(() => RunAsync(number));
    }

    private async Task RunAsync(long number)
    {
        T? value = null;
        try
        {
            using var limit = new CancellationTokenSource(times.Limit, time);
            value = await fetch(limit.Token).WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            // Whoever fetches tells of it.
        }

        lock (_lock)
        {
            var now = time.GetTimestamp();
            (_running, _ended) = (null, number);
            _failures = value is null ? _failures + 1 : 0;
            var pause = FetchTimes.Pause * Math.Pow(2, Math.Clamp(_failures - 1, 0, 10));
            _pause = (pause < FetchTimes.LongestPause ? pause : FetchTimes.LongestPause)
                + (value is null ? time.GetElapsedTime(_startedAt, now) : TimeSpan.Zero);
            if (value is not null)
            {
                // As old as the question, as with the feed: nobody knows when in between it was true.
                (_value, _fetchedAt, _answered) = (value, _startedAt, number);
            }
        }
    }
}
