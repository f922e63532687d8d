namespace Rescind.StoreContract;

/// <summary>A store that is open, and what it published since.</summary>
internal sealed class OpenedStore(
    ISessionStore sessions, IRevocationStore revocations, IRegistryStore registry, ILogoutStore logouts,
    Action<LogCommitted> subscribe,
        Func<ValueTask> close) : IAsyncDisposable
{
    private readonly List<LogCommit> _commits = [];

    public ISessionStore Sessions => sessions;

    public IRevocationStore Revocations => revocations;

    public IRegistryStore Registry => registry;

    public ILogoutStore Logouts => logouts;

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
        subscribe(commit =>
        {
            lock (_commits)
            {
                _commits.Add(commit);
            }
        });
        return this;
    }

    public ValueTask DisposeAsync() => close();
}
