namespace Rescind;

/// <summary>Builds a replica's map aside from a snapshot; without its last line it is discarded. One caller at a time.</summary>
public sealed class SnapshotBuilder
{
    private long _entries;

    internal SnapshotBuilder(SipKey key, long? now = null)
    {
        Contents = new(key);
        Now = now;
    }

    /// <summary>
    /// The follower's own time, in seconds since the Unix epoch: an entry that is past its date by this and by the
    /// Authority's may be left out. Null if nobody knows it.
    /// </summary>
    public long? Now { get; }

    /// <summary>Whether the last line came.</summary>
    internal bool IsComplete { get; private set; }

    internal SnapshotContents Contents { get; }

    /// <summary>The header: the log's epoch, head, chain and clock. <see cref="FeedAnswer.Entries"/> stays empty.</summary>
    public void Begin(FeedAnswer header)
    {
        ArgumentNullException.ThrowIfNull(header);
        Contents.Head = Contents.Head is null && header.Epoch.Length > 0
            ? new(header.Epoch, header.Head, header.Now, header.Chain)
            : throw new FeedException("A snapshot has one header, with an epoch.");
    }

    /// <summary>One live entry.</summary>
    public void Add(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (Contents.Head is null || IsComplete)
        {
            throw new FeedException("A snapshot's entries stand between its header and its last line.");
        }

        _entries++;
        Contents.Apply(entry);
    }

    /// <summary>
    /// The last line; throws <see cref="FeedException"/> unless <paramref name="entries"/> is the number of those added.
    /// </summary>
    public void End(long entries)
    {
        IsComplete = Contents.Head is not null && entries == _entries
            ? true
            : throw new FeedException("A snapshot's last line does not count its entries.");
    }
}
