namespace Rescind.Authority.Stores;

/// <summary>
/// What a store of several nodes does after a failover that lost a part of its log: a standby took the place of the database
/// server and had not received everything. Every method throws <see cref="StoreUnavailableException"/> if the store cannot
/// answer.
/// </summary>
internal interface IFailoverStore
{
    /// <summary>
    /// The last head of the log of an epoch that another one goes on from; null if that is not known.
    /// </summary>
    Task<LogHead?> FindEndAsync(string epoch, CancellationToken cancellationToken);

    /// <summary>
    /// Begins the next epoch, all of it in one transaction. How many acts were appended again; null, and nothing is
    /// written, if the head or the registry has moved: decide again.
    /// </summary>
    Task<int?> BeginEpochAsync(NextEpoch next, CancellationToken cancellationToken);

    /// <summary>
    /// Appends again what the present epoch lacks of what a node has published in one that is over: how many acts.
    /// </summary>
    Task<int> TakeUpAsync(LostEntries lost, CancellationToken cancellationToken);
}

/// <summary>Entries that a node has published and the store does not hold any more.</summary>
/// <param name="Entries">They, oldest first; those that it holds may be among them.</param>
/// <param name="After">The position up to which it certainly holds all.</param>
/// <param name="Published">The newest position that the node has published: none up to there is given out again.</param>
internal sealed record LostEntries(IReadOnlyList<LogEntry> Entries, LogPosition After, LogPosition Published);

/// <summary>The epoch that follows one of which the store has lost a part.</summary>
internal sealed record NextEpoch
{
    /// <summary>Its name.</summary>
    public required string Epoch { get; init; }

    /// <summary>The head of the store that this was decided on.</summary>
    public required LogHead From { get; init; }

    /// <summary>The version of the registry that <see cref="Keys"/> were decided on.</summary>
    public required long Registry { get; init; }

    /// <summary>The last head that the store and the node have in common: where the epoch before is over.</summary>
    public required LogHead End { get; init; }

    /// <summary>What is appended again.</summary>
    public required LostEntries Lost { get; init; }

    /// <summary>
    /// Whether nobody knows all that was lost, so that everything from before is ended, as after a restore.
    /// </summary>
    public required bool EndsAll { get; init; }

    /// <summary>The rows of keys: the old ones without their secrets, and new ones in their place.</summary>
    public required IReadOnlyList<StoredKey> Keys { get; init; }
}
