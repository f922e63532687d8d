using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// The Authority's own view of its log: the replica that judges its own tokens exactly, and the tail that followers are
/// served from. Both take every commit before the callers of that commit are answered.
/// </summary>
internal sealed class CommittedLog(TimeProvider time, Entropy entropy)
{
    // The replica has one writer at a time: a commit, or the purge.
    private readonly Lock _writing = new();
    private FeedTail? _tail;

    public Replica Replica { get; } = Replica.CreateAuthoritative(time, entropy);

    /// <summary>The newest entries; throws before the start.</summary>
    public FeedTail Tail => Volatile.Read(ref _tail) ?? throw new InvalidOperationException("The Authority has not started.");

    /// <summary>Takes a part of the map, before <see cref="Begin"/> takes the last one.</summary>
    public void Load(IReadOnlyList<LogEntry> part, LogHead head) => Replica.Append(part, head);

    /// <summary>Takes the map as the store holds it, before anything is committed through this process.</summary>
    public void Begin(IReadOnlyList<LogEntry> map, LogHead head)
    {
        Replica.Append(map, head);
        Volatile.Write(ref _tail, new FeedTail(head));
    }

    /// <summary>Takes one commit; called by the store, in order, one at a time.</summary>
    public ValueTask Append(LogCommit commit)
    {
        lock (_writing)
        {
            Replica.Append(commit.Entries, commit.Head);
        }

        Tail.Append(commit.Entries, commit.Head);
        return ValueTask.CompletedTask;
    }

    /// <summary>Forgets what nothing needs any more at a time that is believed. Commits go on meanwhile.</summary>
    public void Purge(DateTimeOffset believed) => Replica.Purge(believed.AddSeconds(-Retention.ForgettingMargin), _writing);
}
