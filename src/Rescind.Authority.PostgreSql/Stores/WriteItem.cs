using Rescind.Authority.Stores;

namespace Rescind.Authority.PostgreSql.Stores;

/// <summary>One unit of work for the writer, and the caller who waits for it.</summary>
internal abstract class WriteItem
{
    /// <summary>Whether it needs a transaction that holds the head.</summary>
    public bool NeedsHead { get; set; }

    /// <summary>The session that it will ask for first; null if that is not known.</summary>
    public virtual string? Session => null;

    /// <summary>What its act names, if it is one that changes neither issuers nor the states of anything else unseen.</summary>
    public StateOf? Named { get; init; }

    /// <summary>Whether its caller was told.</summary>
    public abstract bool IsOver { get; }

    /// <summary>Ends it without running, if its caller gave up.</summary>
    public abstract bool TryCancel();

    /// <summary>Does the work inside the transaction; its result stays with the item.</summary>
    public abstract Task RunAsync(PostgresTransaction transaction);

    /// <summary>Remembers why it failed. The first reason stays.</summary>
    public abstract void Failed(Exception error);

    /// <summary>Tells the caller.</summary>
    public abstract void Complete();
}

/// <inheritdoc/>
internal class WriteItem<T>(Func<PostgresTransaction, Task<T>> work, CancellationToken cancellationToken) : WriteItem
{
    // Without the option the callers would run between the transactions of the writer.
    private readonly TaskCompletionSource<T> _caller = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;
    private Exception? _error;

    public Task<T> Task => _caller.Task;

    public override bool IsOver => _caller.Task.IsCompleted;

    public override bool TryCancel() => cancellationToken.IsCancellationRequested && _caller.TrySetCanceled(cancellationToken);

    public override async Task RunAsync(PostgresTransaction transaction) =>
        _result = await work(transaction).ConfigureAwait(false);

    public override void Failed(Exception error) => _error ??= error;

    /// <summary>What came of it, without running it.</summary>
    protected void Succeeded(T result) => _result = result;

    public override void Complete()
    {
        if (_error is null)
        {
            _caller.TrySetResult(_result!);
        }
        else
        {
            _caller.TrySetException(_error);
        }
    }
}
