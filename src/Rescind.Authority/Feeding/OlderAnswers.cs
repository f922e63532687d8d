using Rescind.Authority.Stores;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Answers for followers that are so far behind that the store has to be read. Whoever is at the same place gets the
/// same answer: many that were cut off together come back together. They are read one at a time, so that readers of the
/// store are left to others. Safe for concurrent use.
/// </summary>
internal sealed class OlderAnswers(IRevocationStore store) : IDisposable
{
    /// <summary>
    /// The most entries that are read for one answer. None is counted with less than 512 bytes, so more would not fit.
    /// </summary>
    public const int MostRead = FeedTail.MaxBytes / 512;

    // Each holds its entries and their bytes.
    private const int MostKept = 8;

    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Queue<(LogChain Before, FeedAnswer Answer)> _kept = new(MostKept);

    public async Task<FeedAnswer> ReadAsync(FeedRequest request, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var (before, kept) = _kept.FirstOrDefault(
                one => one.Answer.After == request.After && one.Answer.Epoch == request.Epoch);
            return kept is null ? await ReadStoreAsync(request, cancellationToken).ConfigureAwait(false)
                : request.Chain is null || request.Chain == before ? kept
                : new() { Outcome = FeedOutcome.Conflict };
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<FeedAnswer> ReadStoreAsync(FeedRequest request, CancellationToken cancellationToken)
    {
        var page = await store.ReadAsync(request.After, MostRead, cancellationToken).ConfigureAwait(false);
        if (page is null)
        {
            return new() { Outcome = FeedOutcome.Gone };
        }

        if (page.Before is not { } before || (request.Chain is { } chain && chain != before))
        {
            return new() { Outcome = FeedOutcome.Conflict };
        }

        var entries = page.Entries.Take(FeedTail.CountOfOneAnswer(page.Entries)).ToList();
        var answer = new FeedAnswer
        {
            Outcome = FeedOutcome.Entries,
            Epoch = page.Head.Epoch,
            After = request.After,
            Head = page.Head.Position,
            Chain = entries.Aggregate(before, (last, entry) => last.Then(entry)),
            Entries = entries,
            More = entries.Count > 0 && entries[^1].Position < page.Head.Position,
        };
        Keep(before, answer);
        return answer;
    }

    // Only what says that there is more: an answer up to the head proves that it was the head, and may not be given again.
    private void Keep(LogChain before, FeedAnswer answer)
    {
        if (!answer.More)
        {
            return;
        }

        if (_kept.Count == MostKept)
        {
            _kept.Dequeue();
        }

        _kept.Enqueue((before, answer));
    }
}
