using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Keys;
using Rescind.Authority.Nodes;
using Rescind.Authority.Stores;

namespace Rescind.Authority;

/// <summary>
/// Goes on after a failover in which the store lost entries that this node has published. The first node to see it begins
/// another epoch, appends again what it remembers, and replaces the signing keys, because a server that lives on somewhere may
/// still sign; the others append what they remember beyond that. A node whose tail begins later than the loss does not know
/// all of it: it lets the others go first, and else ends everything, as a restore does. Used by one caller at a time.
/// </summary>
internal sealed class FailoverRecovery(
    IAuthorityStore store, CommittedLog log, KeyRing keys, Entropy entropy, TimeProvider time, ILogger<FailoverRecovery> logger)
{
    /// <summary>How long a node that does not know all that was lost waits for one that does.</summary>
    public static readonly TimeSpan PatienceForOthers = TimeSpan.FromSeconds(10);

    private const int MostAtOnce = 10_000;

    private Moment? _noticed;

    /// <summary>When this node went on in another epoch after a failover; null if it did not.</summary>
    public DateTimeOffset? Since { get; private set; }

    /// <summary>
    /// Returns once the store holds what this node remembers; the log is to be read anew then. Throws
    /// <see cref="StoreUnavailableException"/> if that cannot be said yet.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (store.Nodes.Failover is not { } failover || keys.Version < 0)
        {
            throw new StoreUnavailableException(Errors.LogWentBack.Sentence());
        }

        _noticed ??= Moment.Now(time);
        var (published, head) = (log.Tail.Head, (await store.Nodes.ReadHeadAsync(cancellationToken).ConfigureAwait(false)).Log);
        var acts = published.Epoch == head.Epoch
            ? await BeginEpochAsync(failover, published, head, cancellationToken).ConfigureAwait(false)
            : await TakeUpAsync(failover, published, cancellationToken).ConfigureAwait(false);
        (_noticed, Since) = (null, time.GetUtcNow());
        FailoverLog.Recovered(logger, published.Position, acts);
    }

    private async Task<int> BeginEpochAsync(
        IFailoverStore failover, LogHead published, LogHead head, CancellationToken cancellationToken)
    {
        var end = await FindCommonAsync(head, cancellationToken).ConfigureAwait(false);
        if (end is null && _noticed!.AgeBy(time) < PatienceForOthers)
        {
            throw new StoreUnavailableException(Errors.LogWentBack.Sentence());
        }

        var registry = await store.Registry.LoadAsync(cancellationToken).ConfigureAwait(false);
        var acts = await failover.BeginEpochAsync(
            new()
            {
                Epoch = entropy.NextId(), From = head, Registry = registry.Version, End = end ?? head,
                Lost = LostAfter(end, published), EndsAll = end is null, Keys = keys.Replacing(registry),
            },
            cancellationToken).ConfigureAwait(false);
        if (end is null && acts is not null)
        {
            FailoverLog.EndedAll(logger);
        }

        return acts ?? throw new StoreUnavailableException(Errors.LogWentBack.Sentence());
    }

    private async Task<int> TakeUpAsync(IFailoverStore failover, LogHead published, CancellationToken cancellationToken)
    {
        // What is not known to have ended in a failover was replaced by hand: by a restore, which ends everything.
        var end = await failover.FindEndAsync(published.Epoch, cancellationToken).ConfigureAwait(false)
            ?? throw new StoreUnavailableException(Errors.LogWentBack.Sentence());
        var lost = LostAfter(end, published);
        return lost.Entries.Count == 0 ? 0 : await failover.TakeUpAsync(lost, cancellationToken).ConfigureAwait(false);
    }

    // Of a tail that begins later, all of it: what the store holds as well is not appended again.
    private LostEntries LostAfter(LogHead? end, LogHead published)
    {
        var tail = log.Tail;
        return end is not null && tail.EntriesAfter(end) is { } known
            ? new(known, end.Position, published.Position)
            : new(tail.EntriesAfter(tail.Start)!, default, published.Position);
    }

    // The newest head that both have; null if the tail begins later. Another node may have gone on from there meanwhile.
    private async Task<LogHead?> FindCommonAsync(LogHead head, CancellationToken cancellationToken)
    {
        var tail = log.Tail;
        if (tail.EntriesAfter(head) is not null)
        {
            return head;
        }

        var (common, at) = ((LogHead?)null, tail.Start);
        while (await store.Revocations.ReadAsync(at.Position, MostAtOnce, cancellationToken).ConfigureAwait(false)
            is { Before: { } before } page && before == at.Chain && page.Head.Epoch == at.Epoch)
        {
            common = at;
            foreach (var entry in page.Entries)
            {
                at = at.Then(entry);
                if (tail.EntriesAfter(at) is null)
                {
                    return common;
                }

                common = at;
            }

            if (page.Entries.Count == 0)
            {
                break;
            }
        }

        return common;
    }
}
