namespace Rescind.Authority.Stores;

/// <summary>
/// A store of an Authority, open. Adding one: whatever passes the contract in <c>tests/Rescind.StoreContract</c> is
/// one, and nothing outside its folder but its registration knows it.
/// </summary>
internal interface IAuthorityStore
{
    ISessionStore Sessions { get; }

    IRevocationStore Revocations { get; }

    IRegistryStore Registry { get; }

    ILogoutStore Logouts { get; }

    INodeStore Nodes { get; }

    /// <summary>The clock by which things are forgotten: it begins with what is known to be past.</summary>
    SteadyClock Clock { get; }

    /// <summary>The clock by which things are dated: while it doubts the wall clock, nothing is.</summary>
    SteadyClock StampingClock { get; }

    /// <summary>When the newest thing was recorded, a login too.</summary>
    DateTimeOffset Newest { get; }

    /// <summary>
    /// Gets every commit of this process that appended to the log, after it is durable and before its callers are
    /// answered. Commits of other processes come by <see cref="IRevocationStore.ReadAsync"/> alone. Set it before the
    /// first append.
    /// </summary>
    LogCommitted? Committed { get; set; }
}
