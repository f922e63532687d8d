using Rescind.Authority.Stores;

namespace Rescind.Authority.Tests.Support;

/// <summary>
/// A store whose snapshot breaks off after some entries, and says when its reader has left it. Counts the reads of its log.
/// </summary>
internal sealed class BreakingStore(IRevocationStore inner, int entries, TaskCompletionSource? left = null) : IRevocationStore
{
    private int _reads;

    public int Reads => Volatile.Read(ref _reads);

    public async Task SnapshotAsync(
        SnapshotTime time, Func<LogHead, Task> begin, Func<LogEntry, Task> each, CancellationToken cancellationToken)
    {
        try
        {
            await inner.SnapshotAsync(
                time,
                begin,
                async entry =>
                {
                    for (var i = 0; i < entries; i++)
                    {
                        await each(entry);
                    }

                    throw new StoreUnavailableException("lost");
                },
                cancellationToken);
        }
        finally
        {
            left?.TrySetResult();
        }
    }

    public Task<RevokeOutcome> RevokeAsync(RevocationDraft draft, CancellationToken cancellationToken) =>
        inner.RevokeAsync(draft, cancellationToken);

    public Task<RevokeOutcome> PreviewAsync(RevocationDraft draft, CancellationToken cancellationToken) =>
        inner.PreviewAsync(draft, cancellationToken);

    public Task<bool> HasAnswerAsync(IdempotencyKey key, CancellationToken cancellationToken) =>
        inner.HasAnswerAsync(key, cancellationToken);

    public Task<LiftOutcome> LiftAsync(LogPosition act, AuditContext audit, CancellationToken cancellationToken) =>
        inner.LiftAsync(act, audit, cancellationToken);

    public Task AdvanceSpreadsAsync(CancellationToken cancellationToken) => inner.AdvanceSpreadsAsync(cancellationToken);

    public Task<Revocation?> FindAsync(LogPosition act, CancellationToken cancellationToken) =>
        inner.FindAsync(act, cancellationToken);

    public Task<ListPage<Revocation>> ListAsync(
        RevocationQuery query, LogPosition before, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(query, before, limit, cancellationToken);

    public Task<LogPage?> ReadAsync(LogPosition after, int limit, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        return inner.ReadAsync(after, limit, cancellationToken);
    }

    public Task<long> PurgeAsync(CancellationToken cancellationToken) => inner.PurgeAsync(cancellationToken);
}
