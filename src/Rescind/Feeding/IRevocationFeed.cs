namespace Rescind;

/// <summary>
/// Where a follower gets the log: over HTTP, or in the same process. Implementations carry bytes and judge nothing;
/// <see cref="FeedFollower"/> judges. Safe for one caller at a time.
/// </summary>
public interface IRevocationFeed
{
    /// <summary>
    /// Asks once. A failure of the way (no connection, 5xx, a body that is no answer) throws <see cref="FeedException"/>.
    /// </summary>
    Task<FeedAnswer> PollAsync(FeedRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Streams the map as it is into <paramref name="builder"/>; throws <see cref="FeedException"/> if it could not be
    /// read whole.
    /// </summary>
    Task SnapshotAsync(SnapshotBuilder builder, CancellationToken cancellationToken);
}

/// <summary>The feed could not be read. The follower keeps what it has, grows stale, and tries again.</summary>
public sealed class FeedException : Exception
{
    /// <summary>A failure with a sentence for operators; never a token or a secret.</summary>
    public FeedException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
