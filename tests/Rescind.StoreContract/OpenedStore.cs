namespace Rescind.StoreContract;

/// <summary>A store that is open, and what it published since.</summary>
internal sealed class OpenedStore(IAuthorityStore store, Func<ValueTask> close) : IAsyncDisposable
{
    private readonly List<LogCommit> _commits = [];

    public ISessionStore Sessions => store.Sessions;

    public IRevocationStore Revocations => store.Revocations;

    public IRegistryStore Registry => store.Registry;

    public ILogoutStore Logouts => store.Logouts;

    public INodeStore Nodes => store.Nodes;

    /// <summary>What its writes pass.</summary>
    public required WriteGate Gate { get; init; }

    /// <summary>What was published, in order. Read it when nothing is in flight.</summary>
    public IReadOnlyList<LogEntry> Published
    {
        get
        {
            lock (_commits)
            {
                return [.. _commits.SelectMany(commit => commit.Entries)];
            }
        }
    }

    /// <summary>The commits that it was in, in order. Read it when nothing is in flight.</summary>
    public IReadOnlyList<LogCommit> Handed
    {
        get
        {
            lock (_commits)
            {
                return [.. _commits];
            }
        }
    }

    /// <summary>In how many commits it was.</summary>
    public int Commits
    {
        get
        {
            lock (_commits)
            {
                return _commits.Count;
            }
        }
    }

    /// <summary>Begins to keep what is published.</summary>
    public OpenedStore Watch()
    {
        store.Committed = commit =>
        {
            lock (_commits)
            {
                _commits.Add(commit);
            }

            return ValueTask.CompletedTask;
        };
        return this;
    }

    public ValueTask DisposeAsync() => close();
}
