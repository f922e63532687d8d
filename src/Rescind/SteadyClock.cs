namespace Rescind;

/// <summary>
/// Time that nobody makes jump by setting a clock (<c>docs/protocol.md</c>). It begins with what is known and goes on
/// with the time that passes; a wall clock that is behind it, or a little ahead, is believed at once, and one further
/// ahead only after it has stood so for a while. The time that passes is not counted while a machine is suspended: then
/// the wall clock is ahead, and what is forgotten by this clock is only kept longer. It sees a wall clock when it is
/// asked, so whoever depends on it asks often. Safe for concurrent use.
/// </summary>
public sealed class SteadyClock
{
    /// <summary>How far ahead a wall clock is believed at once: one minute.</summary>
    public static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    /// <summary>How long a wall clock stands further ahead before anything is forgotten by it: one day.</summary>
    public static readonly TimeSpan PatienceToForget = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly DateTimeOffset _begun;
    private readonly long _timestamp;
    private TimeSpan _accepted;
    private Lead? _lead;

    /// <summary>A clock that begins at <paramref name="begin"/>, or at the wall clock where that is earlier.</summary>
    /// <param name="time">The wall clock, and the time that passes.</param>
    /// <param name="begin">The newest moment that is known to be past.</param>
    /// <param name="patience">
    /// How long a wall clock that is too far ahead must have stood so, without a break, to be believed.
    /// </param>
    public SteadyClock(TimeProvider time, DateTimeOffset begin, TimeSpan patience)
    {
        ArgumentNullException.ThrowIfNull(time);
        var wall = time.GetUtcNow();
        (_time, _patience, _begun, _timestamp) = (time, patience, begin < wall ? begin : wall, time.GetTimestamp());
        Look();
    }

    /// <summary>
    /// The beginning and the time that has passed since: setting the wall clock makes it neither earlier nor later.
    /// </summary>
    public DateTimeOffset Now => _begun + _time.GetElapsedTime(_timestamp);

    /// <summary>By how much the wall clock is ahead of <see cref="Now"/>.</summary>
    public TimeSpan SetBy => _time.GetUtcNow() - Now;

    /// <summary>The time that is believed: never after the wall clock.</summary>
    public DateTimeOffset Believed
    {
        get
        {
            lock (_lock)
            {
                var (now, setBy) = Look();
                return now + (IsTooFar(setBy) ? _accepted : setBy);
            }
        }
    }

    /// <summary>How long the wall clock must go on standing where it is to be believed; null if it is believed.</summary>
    public TimeSpan? Doubt
    {
        get
        {
            lock (_lock)
            {
                return !IsTooFar(Look().SetBy) ? null
                    : _lead is { } lead ? _patience - _time.GetElapsedTime(lead.Since) : _patience;
            }
        }
    }

    private bool IsTooFar(TimeSpan setBy) => setBy > _accepted + Tolerance;

    // Of a wall clock that is ahead the least lead in all that time is accepted. A jump begins a time of its own, and
    // so does the end of one.
    private (DateTimeOffset Now, TimeSpan SetBy) Look()
    {
        var timestamp = _time.GetTimestamp();
        var now = _begun + _time.GetElapsedTime(_timestamp, timestamp);
        var setBy = _time.GetUtcNow() - now;
        if (setBy <= _accepted)
        {
            (_accepted, _lead) = (setBy, null);
            return (now, setBy);
        }

        var isTooFar = IsTooFar(setBy);
        var lead = _lead is { } before && before.IsTooFar == isTooFar ? before : new(isTooFar, timestamp, setBy);
        lead = setBy < lead.Least ? lead with { Least = setBy } : lead;
        var isAccepted = _time.GetElapsedTime(lead.Since, timestamp) >= _patience;
        (_accepted, _lead) = isAccepted ? (lead.Least, (Lead?)null) : (_accepted, lead);
        return (now, setBy);
    }

    /// <summary>How long a wall clock has been ahead, and by how much at least.</summary>
    private readonly record struct Lead(bool IsTooFar, long Since, TimeSpan Least);
}
