using System.Threading.Channels;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Stores.Sqlite;

/// <summary>
/// The one thread that writes. It commits what is queued in one transaction (group commit); a failing item rolls back
/// to its savepoint and harms no other, a failing commit fails its whole batch as not durable. Callers are answered
/// after COMMIT returned, and after <see cref="Committed"/> had the entries.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>The most items of one transaction: a bound for its latency and its memory.</summary>
    public const int MaxBatch = 256;

    /// <summary>The most items that wait; past it the store is unavailable, so that memory stays bounded.</summary>
    public const int MaxQueued = 8192;

    private const string NothingRecorded = "Nothing was recorded.";
    private const string OutcomeUnknown = "Whether the change is durable is not known: repeat it.";

    private static readonly TimeSpan MarkInterval = TimeSpan.FromSeconds(1);

    private readonly Channel<WriteItem> _queue = Channel.CreateBounded<WriteItem>(
        new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SqliteLog _log;
    private readonly SqliteFiles _files;
    private readonly TimeProvider _time;
    private LogHead _published;
    private volatile StoreHead _present;
    private StoreMark _marked;
    private long _markedAt;
    private bool _isOpeningCounted;
    private bool _uncertain;
    private volatile bool _closing;

    public SqliteWriter(SqliteLog log, SqliteFiles files, StoreMark marked, TimeProvider time)
    {
        _marked = marked;
        _log = log;
        _files = files;
        _time = time;
        (_published, _present) = (log.Head, log.At);
        _markedAt = time.GetTimestamp();
        log.Options.Metrics?.ObserveQueue(() => _queue.Reader.Count);
        new Thread(Run) { Name = "Rescind store", IsBackground = true }.Start();
    }

    /// <summary>Gets every commit that appended to the log. Set it before the first append.</summary>
    public LogCommitted? Committed { get; set; }

    /// <summary>What is committed. May be read on any thread.</summary>
    public StoreHead Present => _present;

    /// <summary>
    /// Queues <paramref name="work"/>; the task ends after its commit is durable. Cancelling counts until it runs, never after.
    /// </summary>
    public Task<T> RunAsync<T>(Func<SqliteLog, T> work, CancellationToken cancellationToken) =>
        AuthorityTraces.CommitAsync(() => QueueAsync(work, cancellationToken));

    /// <summary>Finishes what is queued, then ends the thread.</summary>
    public async ValueTask DisposeAsync()
    {
        _closing = true;
        _queue.Writer.TryComplete();
        await _ended.Task.ConfigureAwait(false);
    }

    private Task<T> QueueAsync<T>(Func<SqliteLog, T> work, CancellationToken cancellationToken)
    {
        var item = new WriteItem<T>(work, cancellationToken);
        return _queue.Writer.TryWrite(item)
            ? item.Task
            : Task.FromException<T>(new StoreUnavailableException(_closing
                ? "The store is closed."
                : $"{MaxQueued} changes are waiting for the disk already. {NothingRecorded}"));
    }

    private void Run()
    {
        var batch = new List<WriteItem>(MaxBatch);
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            var began = _time.GetTimestamp();
            var isDurable = TryCommit(batch);
            _log.Options.Metrics?.Committed(_time.GetElapsedTime(began), batch.Count, isDurable);
            batch.Clear();
            Mark(always: false);
        }

        Mark(always: true);
        _ended.SetResult();
    }

    private bool TryCommit(List<WriteItem> batch)
    {
        var outcome = NothingRecorded;
        try
        {
            _files.RequireWhole();
            Recover();
            CountOpening();
            Step(WriteStep.Begin);
            _log.Link.Run("begin immediate");
            _uncertain = true;
            batch.ForEach(RunItem);
            _log.SaveHead();
            outcome = OutcomeUnknown;
            Step(WriteStep.Commit);
            _log.Link.Run("commit");
            Step(WriteStep.Committed);
            _present = _log.At;
            Publish(_log.TakeAppended());
            _uncertain = false;
        }
#pragma warning disable CA1031 // Whatever went wrong, nothing of this batch may be acknowledged, and the writer must live on.
        catch (Exception e)
        {
            Fail(batch, e, outcome);
            return false;
        }
#pragma warning restore CA1031

        batch.ForEach(item => item.Complete());
        return true;
    }

    private void RunItem(WriteItem item)
    {
        if (item.TryCancel())
        {
            return;
        }

        _log.BeginItem();
        _log.Link.Run("savepoint item");
        try
        {
            Step(WriteStep.Item);
            item.Run(_log);
            Step(WriteStep.Release);
        }
#pragma warning disable CA1031 // One item's failure is its caller's, whatever it is; the others go on.
        catch (Exception e) when (_log.Link.InTransaction)
        {
            _log.Link.Run("rollback to item");
            _log.UndoItem();
            item.Failed(SqliteFailure.Of(e, _files.Database, NothingRecorded));
        }
#pragma warning restore CA1031

        _log.Link.Run("release item");
    }

    // After a failed commit, or one whose outcome is unknown, only the database knows where the log ends. What it did
    // take is published now: its callers were told "not durable", but followers must not miss an entry (G3).
    private void Recover()
    {
        if (!_uncertain)
        {
            return;
        }

        if (_log.Link.InTransaction)
        {
            _log.Link.Run("rollback");
        }

        _log.Reload();
        _present = _log.At;
        Publish(SqliteRevocations.ReadEntries(_log.Link, _published.Position, int.MaxValue));
        _uncertain = false;
    }

    // With the first change, not before: a start that is refused for its keys leaves everything as it was.
    private void CountOpening()
    {
        if (!_isOpeningCounted && SqliteEpoch.CountOpening(_log, _marked) is { } mark)
        {
            _files.WriteMark(mark);
            (_marked, _isOpeningCounted) = (mark, true);
        }
    }

    private void Publish(IReadOnlyList<LogEntry> entries)
    {
        if (entries.Count > 0)
        {
            Step(WriteStep.Publish);
            var applied = Committed?.Invoke(new(_published.Position, entries, _log.Head)) ?? default;
            applied.AsTask().GetAwaiter().GetResult();
            _published = _log.Head;
        }
    }

    private void Fail(List<WriteItem> batch, Exception error, string outcome)
    {
        try
        {
            Recover();
        }
#pragma warning disable CA1031 // The next batch tries again, and is refused until it succeeds.
        catch (Exception)
        {
            _uncertain = true;
        }
#pragma warning restore CA1031

        var told = SqliteFailure.Of(error, _files.Database, outcome) as StoreUnavailableException
            ?? new StoreUnavailableException($"{error.Message} {outcome}", error);
        batch.ForEach(item =>
        {
            item.Failed(told);
            item.Complete();
        });
    }

    // Never ahead of what is committed; at most once a second, because it costs a sync of its own.
    private void Mark(bool always)
    {
        if (_published.Position == _marked.Head || (!always && _time.GetElapsedTime(_markedAt) < MarkInterval))
        {
            return;
        }

        try
        {
            var mark = _marked with { Head = _published.Position };
            _files.WriteMark(mark);
            (_marked, _markedAt) = (mark, _time.GetTimestamp());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A mark that stays behind only notices less; a full disk shows in the next commit.
            _markedAt = _time.GetTimestamp();
        }
    }

    private void Step(WriteStep step) => _log.Options.Before?.Invoke(step);
}
