using Rescind.Authority.Canaries;

namespace Rescind.Authority.Feeding;

/// <summary>
/// Answers polls of the feed (<c>docs/protocol.md</c>): from memory, held while nothing is new; only a follower that is
/// far behind makes it read the store. Never a query per poller. Safe for concurrent use.
/// </summary>
internal sealed class FeedServer(
    CommittedLog log, LogFollower follower, OlderAnswers older, VerifierRegistry verifiers, OlderCopyAlarm alarm,
    CanaryWatch canaries, SteadyClock clock, TimeProvider time)
{
    /// <summary>The pause between two polls of a follower that is kept busy, if it is alone.</summary>
    private const int ShortestPaceMilliseconds = 5;

    /// <summary>How many followers share a millisecond of pace, so that ten thousand of them are no herd.</summary>
    private const int FollowersPerMillisecond = 20;

    // Followers forget by it.
    private long Now => clock.Believed.ToUnixTimeSeconds();

    /// <summary>Whether a verifier whose clock shows <paramref name="now"/> can still get all that it needs.</summary>
    public bool KeepsWhatIsNeededAt(long now) => now >= Now - Retention.ForgettingMargin;

    /// <summary>
    /// Answers a poll. Once <paramref name="letGo"/> is cancelled polls are not held.
    /// </summary>
    public async Task<FeedAnswer> AnswerAsync(
        string clientId, string? address, FeedRequest request, CancellationToken letGo, CancellationToken cancellationToken)
    {
        var received = time.GetTimestamp();
        await follower.CatchUpWithAsync(request.Epoch, request.After, cancellationToken).ConfigureAwait(false);
        var (answer, held, moved) = await ReadAsync(request, received, cancellationToken).ConfigureAwait(false);

        await alarm.CheckAsync(request, answer.Outcome, log.Tail.Head, new($"client:{clientId}", address, null))
            .ConfigureAwait(false);

        // A position acknowledges what is before it only in this log, and with this chain.
        var applied = answer.Outcome is FeedOutcome.Entries ? request.After : default;
        verifiers.Hear(clientId, address, request with { After = applied });
        if (request is { Leaving: false, Follower: { } heard, Canaries: { } reports })
        {
            canaries.Hear(clientId, heard, reports);
        }

        using var released = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, letGo);
        var wait = request.Leaving ? TimeSpan.Zero : Clamp(request);
        while (answer is { Outcome: FeedOutcome.Entries, Entries.Count: 0 } && held < wait && !letGo.IsCancellationRequested)
        {
            await moved.WaitAsync(Whole(wait - held), time, released.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            (answer, held, moved) = await ReadAsync(request, received, cancellationToken).ConfigureAwait(false);
        }

        if (request is { Leaving: false, Follower: { } identity }
            && await verifiers.AnsweringAsync(
                clientId, identity, time.GetElapsedTime(received) - held + answer.Age, cancellationToken).ConfigureAwait(false))
        {
            await follower.CatchUpAsync(cancellationToken).ConfigureAwait(false);
            (answer, held, _) = await ReadAsync(request, received, cancellationToken).ConfigureAwait(false);
        }

        return Complete(answer, clientId, request, held);
    }

    /// <summary>The header of a snapshot whose transaction read <paramref name="head"/>.</summary>
    public FeedAnswer SnapshotHeader(LogHead head) => new()
    {
        Outcome = FeedOutcome.Entries, Epoch = head.Epoch, Head = head.Position, Chain = head.Chain, Now = Now,
    };

    // The wake-up is taken and the times are read before the head: none may be newer than what is answered.
    private async Task<(FeedAnswer Answer, TimeSpan Held, Task Moved)> ReadAsync(
        FeedRequest request, long received, CancellationToken cancellationToken)
    {
        var moved = log.Tail.Moved;
        var (held, age) = (time.GetElapsedTime(received), follower.Age);
        var answer = log.Tail.Answer(request) ?? await older.ReadAsync(request, cancellationToken).ConfigureAwait(false);
        return (age > TimeSpan.Zero ? answer with { Age = age } : answer, held, moved);
    }

    private static TimeSpan Clamp(FeedRequest request)
    {
        var longest = (request.Follower?.Bound ?? TimeSpan.FromSeconds(5)) / 3;
        return request.Wait < longest ? request.Wait : longest;
    }

    // A wait leaves fractions of a millisecond out, and what is left of them would be no wait at all.
    private static TimeSpan Whole(TimeSpan span) => TimeSpan.FromMilliseconds(Math.Ceiling(span.TotalMilliseconds));

    private FeedAnswer Complete(FeedAnswer answer, string clientId, FeedRequest request, TimeSpan held) => answer with
    {
        Nonce = request.Nonce,
        Held = held,
        Now = Now,
        Pace = TimeSpan.FromMilliseconds(Math.Max(ShortestPaceMilliseconds, verifiers.LiveCount / FollowersPerMillisecond)),
        Canary = request is { Leaving: false, Follower: { } given, Canaries: { } reports }
            ? canaries.Hand(clientId, given, reports)
            : null,
    };
}
