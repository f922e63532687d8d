namespace Rescind;

/// <summary>
/// One moment by both clocks of a machine: the monotonic one stops while it is suspended, the wall clock can be stepped.
/// </summary>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Wall)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());
}

/// <summary>
/// The moment at which a replica was known to be current: when the request was sent, plus how long the answer was held, less the
/// age of the answering node's knowledge (<c>docs/protocol.md</c>). Never counted from arrival: an answer can be under way for
/// any time, the request cannot have been read before it was sent. Immutable.
/// </summary>
internal sealed class FreshnessProof
{
    private readonly Moment _sent;
    private readonly TimeSpan _heldMonotonic;
    private readonly TimeSpan _heldWall;
    private readonly TimeSpan _age;
    private readonly bool _always;

    private FreshnessProof(Moment sent, TimeSpan heldMonotonic, TimeSpan heldWall, TimeSpan age, bool always = false)
    {
        _sent = sent;
        _heldMonotonic = heldMonotonic;
        _heldWall = heldWall;
        _age = age;
        _always = always;
    }

    /// <summary>The proof of the log's own writer: current at every moment.</summary>
    public static FreshnessProof Always { get; } = new(default, default, default, default, always: true);

    /// <summary>
    /// The proof in an answer that arrives now. Whatever the server says, it was not held longer than it was away.
    /// </summary>
    public static FreshnessProof Of(Moment sent, TimeSpan held, TimeSpan age, TimeProvider time)
    {
        var away = time.GetElapsedTime(sent.Timestamp);
        var awayByWall = time.GetUtcNow() - sent.Wall;
        return new(sent, Within(held, away), Within(held, awayByWall), age < TimeSpan.Zero ? TimeSpan.Zero : age);
    }

    /// <summary>How old the proof is: by the clock that ran further. Never negative.</summary>
    public TimeSpan AgeAt(TimeProvider time)
    {
        if (_always)
        {
            return TimeSpan.Zero;
        }

        var monotonic = time.GetElapsedTime(_sent.Timestamp) - _heldMonotonic;
        var wall = time.GetUtcNow() - _sent.Wall - _heldWall;
        var elapsed = monotonic > wall ? monotonic : wall;
        return _age + (elapsed > TimeSpan.Zero ? elapsed : TimeSpan.Zero);
    }

    private static TimeSpan Within(TimeSpan held, TimeSpan away) =>
        held <= TimeSpan.Zero || away <= TimeSpan.Zero ? TimeSpan.Zero : held < away ? held : away;
}
