using Rescind.Authority.Diagnostics;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// Brings the log of the store into this node, whoever appended: what is committed here is handed over, what other nodes
/// committed is read. Where both meet, what is missing is read first: no entry is left out, taken twice or out of its
/// order. Where no other process can write, nothing is ever read. Safe for concurrent use.
/// </summary>
internal sealed class LogFollower(
    IAuthorityStore store, CommittedLog log, NodeRegistry registry, TimeProvider time, FailoverRecovery? recovery = null)
    : IDisposable
{
    /// <summary>How often a shared store is asked what has moved, by a pulse.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Past this age a node that may have missed something says nothing about tokens.</summary>
    public static readonly TimeSpan LongestAge = TimeSpan.FromSeconds(1);

    private const int MostAtOnce = 10_000;

    private readonly SemaphoreSlim _reading = new(1, 1);
    private volatile Moment _provedAt = Moment.Now(time);

    /// <summary>
    /// How old what this node knows is at most: counted from before the last pulse of this node that returned and of
    /// whose log all is here. Zero where no other process can write.
    /// </summary>
    public TimeSpan Age => store.Nodes.IsShared ? _provedAt.AgeBy(time) : TimeSpan.Zero;

    /// <summary>Takes the map as the store holds it, and whatever comes after it. A day of what is over is in it: never
    /// all of it in objects.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        _provedAt = Moment.Now(time);
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        store.Committed = AppendAsync;
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var (map, head) = (new List<LogEntry>(), LogHead.Empty("none"));
        await store.Revocations.SnapshotAsync(
            time: default,
            found =>
            {
                head = found;
                return Task.CompletedTask;
            },
            entry =>
            {
                map.Add(entry);
                if (map.Count == MostAtOnce)
                {
                    log.Load(map, head);
                    map.Clear();
                }

                return Task.CompletedTask;
            },
            cancellationToken).ConfigureAwait(false);
        log.Begin(map, head);
    }

    /// <summary>Takes a commit of this process, after whatever others committed before it.</summary>
    public ValueTask AppendAsync(LogCommit commit) => log.TryAppend(commit.Before, commit.Entries, commit.Head)
        ? ValueTask.CompletedTask
        : new(ReadToAsync(commit.Head.Position));

    /// <summary>Takes all that is committed now. Nothing is asked where no other process can write.</summary>
    public Task CatchUpAsync(CancellationToken cancellationToken) =>
        store.Nodes.IsShared ? AskAsync(LogPosition.MaxValue, cancellationToken) : Task.CompletedTask;

    /// <summary>
    /// The same if a follower of <paramref name="epoch"/> knows more than this node: another one told it. Many of them
    /// ask the store once.
    /// </summary>
    public Task CatchUpWithAsync(string epoch, LogPosition position, CancellationToken cancellationToken) =>
        store.Nodes.IsShared && log.Tail.Head is var at && at.Position < position && at.Epoch == epoch
            ? AskAsync(position.Value, cancellationToken)
            : Task.CompletedTask;

    /// <summary>
    /// The committed head; what this node knows of clients and keys is of then at least. Whoever mints without a
    /// transaction of the store begins with it.
    /// </summary>
    public async ValueTask<LogPosition> ReadHeadAsync(CancellationToken cancellationToken)
    {
        var head = await store.Nodes.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
        await registry.EnsureAsync(head.Registry, cancellationToken).ConfigureAwait(false);
        return head.Log.Position;
    }

    /// <summary>
    /// Takes all that was committed before the call, by whichever node: who asks may have been told of it. Throws
    /// <see cref="StoreUnavailableException"/> if the store does not say within <see cref="LongestAge"/>. Nothing is asked
    /// where no other process can write.
    /// </summary>
    public async Task RequireCurrentAsync(CancellationToken cancellationToken)
    {
        if (!store.Nodes.IsShared)
        {
            return;
        }

        using var patience = new CancellationTokenSource(LongestAge, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await CatchUpAsync(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // By then it is too old.
        }

        if (Age is var age && age > LongestAge)
        {
            throw new StoreUnavailableException($"What this node knows is {age.TotalSeconds:0.0} s old.");
        }
    }

    public void Dispose() => _reading.Dispose();

    // Unless somebody else has come as far meanwhile, or has asked after this began: many who wait share one pulse.
    private async Task AskAsync(long position, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (log.Tail.Head.Position.Value >= position || _provedAt.Timestamp > began)
            {
                return;
            }

            if (!await TryPulseAsync(cancellationToken).ConfigureAwait(false))
            {
                await RecoverAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    // Whatever was published here was committed before the store was asked. Where a standby took the place of the primary
    // server without it, the store does not hold it: that is no proof that nothing came after.
    private async Task<bool> TryPulseAsync(CancellationToken cancellationToken)
    {
        var published = log.Tail.Head;
        var asked = Moment.Now(time);
        var head = await store.Nodes.PulseAsync(cancellationToken).ConfigureAwait(false);
        await registry.EnsureAsync(head.Registry, cancellationToken).ConfigureAwait(false);
        var isKept = head.Log.Epoch == published.Epoch
            && (head.Log.Position > published.Position || head.Log.Chain == published.Chain)
            && await TryReadPagesAsync(head.Log.Position, cancellationToken).ConfigureAwait(false);
        _provedAt = isKept ? asked : _provedAt;
        return isKept;
    }

    private async Task RecoverAsync(CancellationToken cancellationToken)
    {
        if (recovery is null)
        {
            throw LostOrReplaced();
        }

        await recovery.RunAsync(cancellationToken).ConfigureAwait(false);
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        if (!await TryPulseAsync(cancellationToken).ConfigureAwait(false))
        {
            throw LostOrReplaced();
        }
    }

    private static StoreUnavailableException LostOrReplaced() => new(Errors.LogWentBack.Sentence());

    private async Task ReadToAsync(LogPosition position)
    {
        await _reading.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!await TryReadPagesAsync(position, CancellationToken.None).ConfigureAwait(false))
            {
                throw LostOrReplaced();
            }
        }
        finally
        {
            _reading.Release();
        }
    }

    // False if the store does not hold what is here.
    private async Task<bool> TryReadPagesAsync(LogPosition position, CancellationToken cancellationToken)
    {
        while (log.Tail.Head is var at && at.Position < position)
        {
            var page = await store.Revocations.ReadAsync(at.Position, MostAtOnce, cancellationToken).ConfigureAwait(false);
            if (page is not { Before: { } before, Entries.Count: > 0 } || before != at.Chain || page.Head.Epoch != at.Epoch)
            {
                return false;
            }

            log.TryAppend(at.Position, page.Entries, page.Entries.Aggregate(at, static (last, entry) => last.Then(entry)));
        }

        return true;
    }
}
