namespace Rescind.Authority.Nodes;

/// <summary>
/// A moment by both clocks of a machine: the one that counts the time that passes stands while the machine is suspended,
/// and the one on the wall can be set. Immutable.
/// </summary>
internal sealed record Moment(long Timestamp, DateTimeOffset Wall)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago it is, by whichever clock says more.</summary>
    public TimeSpan AgeBy(TimeProvider time)
    {
        var (monotonic, wall) = (time.GetElapsedTime(Timestamp), time.GetUtcNow() - Wall);
        return monotonic > wall ? monotonic : wall;
    }
}
