namespace Rescind.Authority.Stores;

/// <summary>Until when things are needed (G6), at a second that is believed: what is from before may go.</summary>
internal readonly record struct PurgeDates(long Now, TimeSpan EndedRetention, TimeSpan AuditRetention)
{
    /// <summary>How long the log is kept at least: a follower further behind reads the snapshot.</summary>
    private const long LogSeconds = 3600;

    /// <summary>
    /// How long a silent verifier is remembered, and an idempotency key, which is answered as long, before the margin.
    /// </summary>
    private const long DaySeconds = 24 * 3600;

    /// <summary>Of entries of the log.</summary>
    public long Log => Now - LogSeconds;

    /// <summary>Of sessions that have ended, by an act or by their lifetimes, and of what explains why.</summary>
    public long Ended => Now - (long)EndedRetention.TotalSeconds;

    /// <summary>Of what no token can be touched by any more: states, acts, and sessions that nothing touches.</summary>
    public long Remembered => Now - Retention.ForgettingMargin;

    /// <summary>Of idempotency keys.</summary>
    public long Answers => Now - DaySeconds - Retention.ForgettingMargin;

    /// <summary>Of the audit trail.</summary>
    public long Audit => Now - (long)AuditRetention.TotalSeconds;

    /// <summary>Of verifiers.</summary>
    public long Verifiers => Now - DaySeconds;
}
