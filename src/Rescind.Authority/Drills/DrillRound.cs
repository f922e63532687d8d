using Rescind.Authority.Canaries;
using Rescind.Authority.Feeding;
using Rescind.Authority.Revocations;

namespace Rescind.Authority.Drills;

/// <summary>
/// One revocation that hits nobody, measured to every verifier that takes canaries: first each accepts the canary, then it is
/// revoked, then each says that it refuses, or its bound is over. Takes no longer than twice the largest bound and some
/// seconds. One at a time.
/// </summary>
internal sealed class DrillRound(
    CanaryRound round, CanaryWatch watch, VerifierRegistry verifiers, CommittedLog log, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>What each of the verifiers that are live made of it.</summary>
    public async Task<DrillResult> RunAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (watch.PresentId is null)
            {
                await round.RunAsync(cancellationToken).ConfigureAwait(false);
            }

            var id = watch.PresentId!;
            await UntilAsync(one => HasAccepted(one, id), cancellationToken).ConfigureAwait(false);
            var asked = LiveOnes().Where(one => HasAccepted(one, id)).ToList();
            var revoked = await round.RevokeAsync(id, cancellationToken).ConfigureAwait(false);
            await UntilAsync(
                one => asked.All(other => other.Row.Instance != one.Row.Instance) || TimesOf(one, id) is not null,
                cancellationToken).ConfigureAwait(false);
            return new(
                revoked?.Position ?? default,
                [
                    .. LiveOnes().Select(one => new DrilledVerifier(
                        one, asked.Any(other => other.Row.Instance == one.Row.Instance), TimesOf(one, id))),
                ]);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private bool HasAccepted(ListedVerifier one, string id) => watch.HasAccepted(one.Row.ClientId, one.Row.Instance, id);

    private RefusalTimes? TimesOf(ListedVerifier one, string id) => watch.TimesOf(one.Row.ClientId, one.Row.Instance, id);

    private List<ListedVerifier> LiveOnes() =>
        [.. verifiers.List(log.Tail.Head.Position).Where(static one => one.State is VerifierStates.Live)];

    // Until it holds for each that takes canaries, or the largest bound and a second are over.
    private async Task UntilAsync(Func<ListedVerifier, bool> holds, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var those = LiveOnes().Where(one => watch.Find(one.Row.ClientId, one.Row.Instance) is not null).ToList();
            var longest = those.Select(static one => one.Bound).DefaultIfEmpty().Max() + VerifierRegistry.Grace;
            if (those.TrueForAll(one => holds(one)) || time.GetElapsedTime(began) > longest)
            {
                return;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>What a round came to.</summary>
internal sealed record DrillResult(LogPosition Position, IReadOnlyList<DrilledVerifier> Verifiers);

/// <summary>One verifier in a round.</summary>
/// <param name="Verifier">Which.</param>
/// <param name="HasAccepted">Whether it had accepted the canary before: else nothing could be measured.</param>
/// <param name="Times">How long it took to refuse; null if it has not.</param>
internal sealed record DrilledVerifier(ListedVerifier Verifier, bool HasAccepted, RefusalTimes? Times);
