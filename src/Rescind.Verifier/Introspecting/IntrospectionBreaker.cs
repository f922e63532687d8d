namespace Rescind.Verifier.Introspecting;

/// <summary>
/// Stops asking an Authority that does not answer, so that its brown-out is not made worse and nobody here waits for it: after
/// <see cref="MaxFailures"/> in a row nothing is asked for <see cref="Pause"/>, then one question tries whether it is back.
/// </summary>
internal sealed class IntrospectionBreaker(TimeProvider time)
{
    /// <summary>Few enough to be quick, enough for a lost packet or a restart of one node.</summary>
    public const int MaxFailures = 5;

    /// <summary>
    /// Callers are told to come back after a second; twice that keeps a dead Authority at one question in two seconds.
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // Protects the three below.
    private readonly Lock _lock = new();
    private int _failures;
    private long _failedAt;
    private bool _isTrying;

    /// <summary>
    /// Whether a question may be sent now. A yes is followed by <see cref="Answered"/> or <see cref="Failed"/>.
    /// </summary>
    public bool MaySend()
    {
        lock (_lock)
        {
            if (_failures < MaxFailures)
            {
                return true;
            }

            var tries = !_isTrying && time.GetElapsedTime(_failedAt) >= Pause;
            _isTrying |= tries;
            return tries;
        }
    }

    /// <summary>An answer came. True if none had come for so long that nothing was asked.</summary>
    public bool Answered()
    {
        lock (_lock)
        {
            var wasOpen = _failures >= MaxFailures;
            _failures = 0;
            _isTrying = false;
            return wasOpen;
        }
    }

    /// <summary>No answer came. True if from now on nothing is asked for a while.</summary>
    public bool Failed()
    {
        lock (_lock)
        {
            // Counts no further than needed, so that it cannot overflow.
            var opens = ++_failures == MaxFailures;
            _failures = Math.Min(_failures, MaxFailures + 1);
            _failedAt = time.GetTimestamp();
            _isTrying = false;
            return opens;
        }
    }
}
