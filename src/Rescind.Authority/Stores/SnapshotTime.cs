namespace Rescind.Authority.Stores;

/// <summary>The time of whoever loads a snapshot: what it needs is not past its date by that, or by the Authority's.</summary>
/// <param name="Now">In seconds since the Unix epoch; null if nobody knows it, and then nothing is refused.</param>
/// <param name="IsSecondClock">
/// Whether it is of a clock beside the Authority's. Where there is none, an entry is sent for a day past its date.
/// </param>
internal readonly record struct SnapshotTime(long? Now, bool IsSecondClock)
{
    /// <summary>Entries are sent from this date on.</summary>
    public long SentFrom(long believed) => NeededFrom(believed) - (IsSecondClock ? 0 : Retention.ForgettingMargin);

    /// <summary>Whether something that is needed is gone, where everything up to <paramref name="forgotten"/> may be.</summary>
    public bool NeedsWhatIsForgotten(long believed, long forgotten) => Now is not null && NeededFrom(believed) <= forgotten;

    private long NeededFrom(long believed) => Now is { } theirs ? Math.Min(theirs, believed) : believed;
}
