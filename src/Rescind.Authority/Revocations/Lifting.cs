using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>Takes a revocation back, for a running Authority and for one that is stopped.</summary>
internal static class Lifting
{
    /// <summary>Lifts, or says why not.</summary>
    public static async Task<Result<Lifted>> LiftAsync(
        IRevocationStore store, string ownIssuer, LogPosition revocation, AuditContext audit, CancellationToken cancellationToken)
    {
        // The secret of a key of ours went with it: there is nothing to give back.
        if (await store.FindAsync(revocation, cancellationToken).ConfigureAwait(false) is { Match.Kind: MatchKind.Key } act
            && act.Issuer == ownIssuer)
        {
            return Result<Lifted>.Refused(Errors.CannotBeLifted.Refusal());
        }

        var outcome = await store.LiftAsync(revocation, audit, cancellationToken).ConfigureAwait(false);
        return outcome.Result switch
        {
            LiftResult.Done => Result<Lifted>.Of(new(outcome.Revocation!, outcome.Sessions)),
            LiftResult.AlreadyLifted =>
                Result<Lifted>.Refused(Errors.AlreadyLifted.Refusal($"It was {outcome.Position.ToRevocationId()}.")),
            _ => Result<Lifted>.Refused(Errors.UnknownRevocation.Refusal()),
        };
    }
}
