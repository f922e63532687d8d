using System.Threading.Channels;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>
/// Writes what callers queue, one transaction after the other, on a connection of its own. What follows each other and
/// needs the head, or does not, shares one transaction (group commit). Callers are answered after COMMIT returned, and
/// after <see cref="Committed"/> had the entries.
/// </summary>
internal sealed class PostgresWriter : IAsyncDisposable
{
    /// <summary>How often a change is decided anew whose ground others have changed.</summary>
    public const int MostAttempts = 10;

    /// <summary>How often a lock is waited for: each wait is as long as <c>lock_timeout</c>.</summary>
    private const int MostWaits = 2;

    /// <summary>The most items of one transaction: a bound for its latency and its memory.</summary>
    private const int MaxBatch = 256;

    /// <summary>The most items that wait; past it the store is unavailable, so that memory stays bounded.</summary>
    private const int MaxQueued = 8192;

    private const string NothingRecorded = "Nothing was recorded.";
    private const string OutcomeUnknown = "Whether the change is durable is not known: repeat it.";

    private readonly Channel<WriteItem> _queue = Channel.CreateBounded<WriteItem>(
        new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly PostgresDatabase _database;
    private readonly PostgresNode _node;
    private readonly Task _running;
    private PostgresLink? _link;
    private LogCommit? _inDoubt;
    private bool _isOpeningCounted;
    private volatile bool _closing;

    public PostgresWriter(PostgresDatabase database, PostgresNode node)
    {
        (_database, _node) = (database, node);
        node.Options.Metrics?.ObserveQueue(() => _queue.Reader.Count);
        _running = RunAsync();
    }

    /// <summary>Gets every commit that appended to the log. Set it before the first append.</summary>
    public LogCommitted? Committed { get; set; }

    /// <summary>Makes a decision, and commits what it says.</summary>
    public Task<T> RunAsync<T>(Decision<T> decision, bool needsHead, CancellationToken cancellationToken) =>
        RunAsync(transaction => transaction.DecideAsync(decision), needsHead, cancellationToken);

    /// <summary>Refreshes a session: many are judged and written together.</summary>
    public Task<RotationOutcome> RotateAsync(RotationAttempt attempt, CancellationToken cancellationToken) =>
        QueueAsync(new RotationItem(attempt, cancellationToken));

    /// <summary>
    /// Queues <paramref name="work"/>, which may run several times; the task ends after its commit is durable.
    /// Cancelling counts until it runs, never after.
    /// </summary>
    public Task<T> RunAsync<T>(
        Func<PostgresTransaction, Task<T>> work, bool needsHead, CancellationToken cancellationToken) =>
        QueueAsync(new WriteItem<T>(work, cancellationToken) { NeedsHead = needsHead });

    /// <summary>The same for an act: what many of them name is looked up together.</summary>
    public Task<T> AppendAsync<T>(
        StateOf named, Func<PostgresTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        QueueAsync(new WriteItem<T>(work, cancellationToken) { NeedsHead = true, Named = named });

    /// <summary>Finishes what is queued, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        _queue.Writer.TryComplete();
        await _running.ConfigureAwait(false);
    }

    private Task<T> QueueAsync<T>(WriteItem<T> item) => AuthorityTraces.CommitAsync(() => _queue.Writer.TryWrite(item)
        ? item.Task
        : Task.FromException<T>(new StoreUnavailableException(_closing
            ? "The store is closed."
            : $"{MaxQueued} changes are waiting for the database already. {NothingRecorded}")));

    private async Task RunAsync()
    {
        var batch = new List<WriteItem>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            while (batch.Count > 0)
            {
                await SwapAsync([.. batch.TakeWhile(IsToSwap).Cast<RotationItem>()]).ConfigureAwait(false);
                batch.RemoveAll(static item => item.IsOver);
                if (batch.Count == 0 || IsToSwap(batch[0]))
                {
                    continue;
                }

                var needsHead = batch[0].NeedsHead;
                var alike = batch.TakeWhile(item => item.NeedsHead == needsHead && !IsToSwap(item)).ToList();
                batch.RemoveRange(0, await CountedAsync(alike, needsHead).ConfigureAwait(false));
            }
        }

        await DropAsync().ConfigureAwait(false);
    }

    private static bool IsToSwap(WriteItem item) => item is RotationItem { IsLeft: false };

    // Refreshes by one statement. Of those that it did not write the first, where nothing could be written, or all are left.
    private async Task SwapAsync(List<RotationItem> items)
    {
        items.RemoveAll(static item => item.TryCancel());
        if (items.Count == 0)
        {
            return;
        }

        if (!_isOpeningCounted || !_node.IsClockPlain)
        {
            items[0].IsLeft = true;
            return;
        }

        var (began, isBegun) = (_node.Timestamp, false);
        try
        {
            await StepAsync(PostgresStep.Begin).ConfigureAwait(false);
            var link = await ConnectAsync().ConfigureAwait(false);
            var asked = await PostgresSwap.FindKnownAsync(link, items).ConfigureAwait(false);
            await StepAsync(PostgresStep.Item).ConfigureAwait(false);
            await StepAsync(PostgresStep.Commit).ConfigureAwait(false);
            isBegun = true;
            var isFit = await PostgresSwap.RunAsync(link, _node, asked).ConfigureAwait(false);
            await StepAsync(PostgresStep.Committed).ConfigureAwait(false);
            asked.ForEach(static one => one.Item.CompleteIfMoved());
            items[..(isFit ? items.Count : 1)].ForEach(static item => item.IsLeft = true);
            Count(began, items.Count(static item => item.IsOver), isDurable: true);
        }
#pragma warning disable CA1031 // The same: the writer must live on.
        catch (Exception e)
        {
            if (PostgresFailure.IsConflict(e))
            {
                items.ForEach(static item => item.IsLeft = true);
                return;
            }

            await DropAsync().ConfigureAwait(false);
            Fail(items, e, isBegun ? OutcomeUnknown : NothingRecorded);
            Count(began, items.Count, isDurable: false);
        }
#pragma warning restore CA1031
    }

    private void Count(long began, int done, bool isDurable)
    {
        if (done > 0)
        {
            _node.Options.Metrics?.Committed(_node.Since(began), done, isDurable);
        }
    }

    // How many of them are done, from the first on.
    private async Task<int> CountedAsync(List<WriteItem> items, bool needsHead)
    {
        var began = _node.Timestamp;
        var (done, isDurable) = await CommitAsync(items, needsHead).ConfigureAwait(false);
        Count(began, done, isDurable);
        return done;
    }

    private async Task<(int Done, bool IsDurable)> CommitAsync(List<WriteItem> items, bool needsHead)
    {
        for (var attempt = 1; ; attempt++)
        {
            var commit = new Commitment();
            try
            {
                return (await TryCommitAsync(items, needsHead, commit).ConfigureAwait(false), true);
            }
#pragma warning disable CA1031 // Whatever went wrong, nothing of this may be acknowledged, and the writer must live on.
            catch (Exception e)
            {
                await UndoAsync(e, commit).ConfigureAwait(false);
                if (commit.IsBegun || !PostgresFailure.IsConflict(e)
                    || attempt >= (PostgresFailure.IsLocked(e) ? MostWaits : MostAttempts))
                {
                    await TrySettleDoubtAsync().ConfigureAwait(false);
                    Fail(items, e, commit.IsBegun ? OutcomeUnknown : NothingRecorded);
                    return (items.Count, false);
                }
            }
#pragma warning restore CA1031

            // Alone from now on: another one may be what conflicts.
            items = items[..1];
        }
    }

    private async Task<int> TryCommitAsync(List<WriteItem> items, bool needsHead, Commitment commit)
    {
        await StepAsync(PostgresStep.Begin).ConfigureAwait(false);
        var link = await ConnectAsync().ConfigureAwait(false);
        var transaction = await PostgresTransaction.BeginAsync(_node, link, needsHead).ConfigureAwait(false);
        await SettleDoubtAsync(transaction).ConfigureAwait(false);
        await CountOpeningAsync(transaction).ConfigureAwait(false);
        await transaction.ForeseeAsync([.. items.Select(static item => item.Session).OfType<string>()]).ConfigureAwait(false);
        await transaction.ForeseeAsync([.. items.Select(static item => item.Named).OfType<StateOf>().Distinct()])
            .ConfigureAwait(false);
        var done = await RunItemsAsync(items, transaction).ConfigureAwait(false);
        if (done == 0)
        {
            await link.RollbackAsync().ConfigureAwait(false);
            return 0;
        }

        await transaction.FlushAsync().ConfigureAwait(false);
        await StepAsync(PostgresStep.Commit).ConfigureAwait(false);
        (commit.IsBegun, commit.Log) = (true, transaction.Commit);
        await link.CommitAsync(_node.Options.CommitPatience).ConfigureAwait(false);
        await StepAsync(PostgresStep.Committed).ConfigureAwait(false);
        _isOpeningCounted = true;
        await PublishAsync(transaction.Commit).ConfigureAwait(false);
        items[..done].ForEach(static item => item.Complete());
        return done;
    }

    private async Task<int> RunItemsAsync(List<WriteItem> items, PostgresTransaction transaction)
    {
        for (var i = 0; i < items.Count; i++)
        {
            if (items[i].TryCancel())
            {
                continue;
            }

            await StepAsync(PostgresStep.Item).ConfigureAwait(false);
            if (items[i].Named is null)
            {
                transaction.ForgetActs();
            }

            try
            {
                await items[i].RunAsync(transaction).ConfigureAwait(false);
            }
            catch (HeadNeededException)
            {
                // Nothing of it was added: the next transaction makes it.
                items[i].NeedsHead = true;
                return i;
            }
#pragma warning disable CA1031 // What a decision throws is its caller's; it has added nothing, and the others go on.
            catch (Exception e) when (!PostgresFailure.IsOfDatabase(e))
            {
                items[i].Failed(e);
            }
#pragma warning restore CA1031
        }

        return items.Count;
    }

    private async Task<PostgresLink> ConnectAsync()
    {
        if (_link is { IsOpen: true } link)
        {
            return link;
        }

        await DropAsync().ConfigureAwait(false);
        return _link = await _database.OpenToWriteAsync().ConfigureAwait(false);
    }

    // The log says whether a commit whose outcome was not known is in it: its callers were told "not known", but
    // whoever is handed our commits must not miss one. While the head is held none can come after us any more.
    private async Task SettleDoubtAsync(PostgresTransaction transaction)
    {
        if (_inDoubt is not { } commit)
        {
            return;
        }

        var isThere = await transaction.Link.HasAsync(
            new PostgresStatement("select 1 from log where position = $1 and chain = $2")
                .Bind(commit.Head.Position).Bind(commit.Head.Chain.ToBytes())).ConfigureAwait(false);
        if (isThere)
        {
            await PublishAsync(commit).ConfigureAwait(false);
        }

        _inDoubt = isThere || transaction.IsHolding ? null : commit;
    }

    // At once if that can be said, else before the next change.
    private async Task TrySettleDoubtAsync()
    {
        if (_inDoubt is null)
        {
            return;
        }

        try
        {
            var link = await ConnectAsync().ConfigureAwait(false);
            await SettleDoubtAsync(await PostgresTransaction.BeginAsync(_node, link, isHolding: false).ConfigureAwait(false))
                .ConfigureAwait(false);
            await link.RollbackAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It stays in doubt until the next change.
        catch (Exception)
        {
            await DropAsync().ConfigureAwait(false);
        }
#pragma warning restore CA1031
    }

    // With the first change, not before. Another node may have kept more meanwhile.
    private async Task CountOpeningAsync(PostgresTransaction transaction)
    {
        if (!_isOpeningCounted)
        {
            var kept = await PostgresEpoch.FindStartAsync(transaction.Link, isHolding: true).ConfigureAwait(false);
            if (kept == _node.Kept)
            {
                transaction.Link.Add(PostgresEpoch.SaveStart(_node.Start.At(transaction.Second)));
            }
        }
    }

    private async Task PublishAsync(LogCommit? commit)
    {
        if (commit is not null)
        {
            await StepAsync(PostgresStep.Publish).ConfigureAwait(false);
            if (Committed is { } committed)
            {
                await committed(commit).ConfigureAwait(false);
            }
        }
    }

    private async Task UndoAsync(Exception error, Commitment commit)
    {
        if (commit.IsBegun)
        {
            _inDoubt = commit.Log ?? _inDoubt;
        }

        // A connection that answered that something cannot be done goes on; any other is none any more.
        if (commit.IsBegun || !PostgresFailure.IsConflict(error) || _link is not { IsOpen: true } link)
        {
            await DropAsync().ConfigureAwait(false);
            return;
        }

        try
        {
            await link.RollbackAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (PostgresFailure.IsOfDatabase(e))
        {
            await DropAsync().ConfigureAwait(false);
        }
    }

    private async Task DropAsync()
    {
        if (Interlocked.Exchange(ref _link, null) is { } link)
        {
            await link.DropAsync().ConfigureAwait(false);
        }
    }

    private static void Fail(IEnumerable<WriteItem> items, Exception error, string outcome)
    {
        var told = PostgresFailure.Of(error, outcome) as StoreUnavailableException
            ?? new StoreUnavailableException($"{error.Message} {outcome}", error);
        foreach (var item in items)
        {
            item.Failed(told);
            item.Complete();
        }
    }

    private async ValueTask StepAsync(PostgresStep step)
    {
        if (_node.Options.Before is { } before)
        {
            await before(step).ConfigureAwait(false);
        }
    }
}
