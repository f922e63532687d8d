namespace Rescind;

/// <summary>What became of a poll.</summary>
public enum FeedOutcome : byte
{
    /// <summary>No answer; proves nothing.</summary>
    None = 0,

    /// <summary>Entries, or none because nothing is new (200).</summary>
    Entries = 1,

    /// <summary>Older than what is kept, or an epoch that this log is not: take the snapshot (410).</summary>
    Gone = 2,

    /// <summary>The follower's position, chain or both are not of this log (409): a fork, or a node that is behind.</summary>
    Conflict = 3,
}

/// <summary>
/// The answer to one poll. For anything but <see cref="FeedOutcome.Entries"/> only <see cref="Outcome"/> counts.
/// </summary>
public sealed record FeedAnswer
{
    /// <summary>What became of the poll.</summary>
    public required FeedOutcome Outcome { get; init; }

    /// <summary>The log's epoch.</summary>
    public string Epoch { get; init; } = "";

    /// <summary>The position after which the entries come, as asked.</summary>
    public LogPosition After { get; init; }

    /// <summary>The head that this node knew.</summary>
    public LogPosition Head { get; init; }

    /// <summary>The request's nonce.</summary>
    public string? Nonce { get; init; }

    /// <summary>The Authority's clock, in seconds since the Unix epoch: for purging only, never for freshness.</summary>
    public long Now { get; init; }

    /// <summary>From receiving the request to just before the head was read, by the server's monotonic clock.</summary>
    public TimeSpan Held { get; init; }

    /// <summary>How old this node's knowledge was when it read the head; zero at the Authority itself.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>How long the follower should pause before it polls again after an answer that was not held.</summary>
    public TimeSpan Pace { get; init; }

    /// <summary>The chain after the last entry here; after no entries, at <see cref="After"/>.</summary>
    public LogChain Chain { get; init; }

    /// <summary>The entries, in order.</summary>
    public IReadOnlyList<LogEntry> Entries { get; init; } = [];

    /// <summary>Whether there is more to fetch at once.</summary>
    public bool More { get; init; }

    /// <summary>
    /// A token for nobody, which a follower that takes canaries judges from now on and reports on; null for none. A secret:
    /// never logged.
    /// </summary>
    public string? Canary { get; init; }
}
