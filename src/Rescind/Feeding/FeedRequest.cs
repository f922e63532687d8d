namespace Rescind;

/// <summary>
/// One poll of the feed: what the follower has, which is its acknowledgement, and how long it will wait for more.
/// </summary>
public sealed record FeedRequest
{
    /// <summary>The epoch that the follower is in; empty before its first snapshot.</summary>
    public required string Epoch { get; init; }

    /// <summary>The newest position that it has applied.</summary>
    public required LogPosition After { get; init; }

    /// <summary>Its own chain at <see cref="After"/>, which must agree; null if it has none.</summary>
    public LogChain? Chain { get; init; }

    /// <summary>How long the answer may be held if there is nothing new.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>A value that the answer must echo; an answer without it proves nothing about freshness.</summary>
    public required string Nonce { get; init; }

    /// <summary>Who asks; null is served but never counted.</summary>
    public FollowerIdentity? Follower { get; init; }

    /// <summary>Whether the follower says goodbye.</summary>
    public bool Leaving { get; init; }

    /// <summary>The follower's live connections; null if it watches none.</summary>
    public ConnectionCounts? Connections { get; init; }

    /// <summary>What the follower makes of the canaries that it was given; null if it takes none.</summary>
    public IReadOnlyList<CanaryReport>? Canaries { get; init; }
}

/// <summary>The live connections of a verifier.</summary>
/// <param name="Live">How many it watches now.</param>
/// <param name="Closed">How many it has closed since it began: counted from when nothing is delivered any more.</param>
public sealed record ConnectionCounts(long Live, long Closed);

/// <summary>Who follows the feed, and what it promises.</summary>
/// <param name="Name">The name that people know it by: <c>orders</c>.</param>
/// <param name="Instance">One running process; with the client's id the identity of a verifier.</param>
/// <param name="Bound">The largest staleness that any of its routes allows (G1); at most 60 s.</param>
/// <param name="Version">The version of the follower's software.</param>
public sealed record FollowerIdentity(string Name, string Instance, TimeSpan Bound, string? Version = null);
