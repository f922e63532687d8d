namespace Rescind.Authority.Stores;

/// <summary>
/// What the processes on one store, its nodes, learn of each other through it. A store that only one process can open
/// answers from memory. Every method throws <see cref="StoreUnavailableException"/> if the store cannot answer.
/// </summary>
internal interface INodeStore
{
    /// <summary>Whether other processes may write to the same store: then what moved is asked for again and again.</summary>
    bool IsShared { get; }

    /// <summary>Goes on after a failover that lost a part of the log; null where that cannot happen.</summary>
    IFailoverStore? Failover { get; }

    /// <summary>
    /// What is committed, of one moment. Where a database has failed over it may be that of before: enough for whoever
    /// mints, because what came since has a position above it, and not for whoever says that nothing came.
    /// </summary>
    ValueTask<StoreHead> ReadHeadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// What is committed now, of one moment: it misses nothing that was acknowledged to anybody before the call. A store
    /// whose reads do not prove that, because what was cut off still answers them, commits something to prove it.
    /// </summary>
    ValueTask<StoreHead> PulseAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The names of copies of the store that may lack what was acknowledged, and would take its place if it were lost; as
    /// of a few seconds ago.
    /// </summary>
    IReadOnlyList<string> AsynchronousStandbys { get; }

    /// <summary>
    /// Lets <paramref name="holder"/> alone do what the lease is named for, until so much time has passed by the
    /// store's clock; asked again in time, it goes on. False while another holds it. Where there is one process always true.
    /// </summary>
    /// <param name="name">What is to be done: one of <see cref="LeaseNames"/>.</param>
    /// <param name="holder">Who asks: another text for each start of a process.</param>
    /// <param name="duration">For how long from now.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    Task<bool> TryLeaseAsync(string name, string holder, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Gives a lease back before its time; nothing happens if <paramref name="holder"/> has it no more.</summary>
    Task ReleaseLeaseAsync(string name, string holder, CancellationToken cancellationToken);

    /// <summary>
    /// Counts one of <paramref name="name"/> in the minute that began with its first, whichever node counts, unless there
    /// were <paramref name="most"/> already: 0 then, and how long until the minute is over.
    /// </summary>
    Task<MinuteCount> CountAsync(string name, int most, CancellationToken cancellationToken);
}

/// <summary>The how many-th something was in its minute; 0 for one too many.</summary>
/// <param name="Number">Its number, from 1 on.</param>
/// <param name="Left">How long the minute lasts, where that is 0.</param>
internal readonly record struct MinuteCount(int Number, TimeSpan Left);

/// <summary>What is committed.</summary>
/// <param name="Log">The head of the log.</param>
/// <param name="Registry">The version of the registry.</param>
internal sealed record StoreHead(LogHead Log, long Registry);

/// <summary>What only one node does at a time.</summary>
internal static class LeaseNames
{
    /// <summary>Rotating keys, carrying on what is spread, forgetting what nothing needs.</summary>
    public const string Upkeep = "upkeep";

    /// <summary>Telling clients which of their sessions ended.</summary>
    public const string Logouts = "logouts";
}
