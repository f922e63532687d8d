using Microsoft.Extensions.Options;
using Rescind.Authority.Feeding;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revoking;

/// <summary>Appends acts and follows them to the verifiers. What it returns is durable (G2); what it throws promised nothing.</summary>
internal sealed class Revocations(IRevocationStore store, Verifiers verifiers, IOptions<AuthorityOptions> options, TimeProvider time) : IRevocations
{
    /// <summary>Who acts when an embedding application calls.</summary>
    private static readonly Origin Application = new("app", null, null);

    public Task<Receipt> RevokeAsync(Match match, string reason, CancellationToken cancellationToken = default) =>
        RevokeAsync(Draft(match, reason), null, cancellationToken);

    public Task<Receipt> RevokeAndWaitAsync(Match match, string reason, TimeSpan wait, CancellationToken cancellationToken = default) =>
        RevokeAsync(Draft(match, reason), wait, cancellationToken);

    /// <summary>Appends <paramref name="draft"/>, and waits for the verifiers if <paramref name="wait"/> is given.</summary>
    public async Task<(RevokeOutcome Outcome, ReceiptCoverage? InForce)> AppendAsync(
        RevocationDraft draft, TimeSpan? wait, CancellationToken cancellationToken)
    {
        var outcome = await store.RevokeAsync(draft, cancellationToken).ConfigureAwait(false);
        var committed = time.GetUtcNow();
        return wait is { } limit && outcome.Revocation is { } act
            ? (outcome, await verifiers.WaitAsync(act.Position, committed, limit, cancellationToken).ConfigureAwait(false))
            : (outcome, null);
    }

    private async Task<Receipt> RevokeAsync(RevocationDraft draft, TimeSpan? wait, CancellationToken cancellationToken)
    {
        var (outcome, inForce) = await AppendAsync(draft, wait, cancellationToken).ConfigureAwait(false);
        return new() { Revocation = outcome.Revocation!, Sessions = outcome.Sessions, InForce = inForce };
    }

    private RevocationDraft Draft(Match match, string reason)
    {
        ArgumentNullException.ThrowIfNull(match);
        ArgumentException.ThrowIfNullOrWhiteSpace(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reason.Length, RevocationRules.LongestReason);
        return match.Kind is MatchKind.Token or MatchKind.Session or MatchKind.Subject
            ? new() { Issuer = options.Value.Issuer!, Match = match, Effect = Effect.End, Reason = reason, Origin = Application }
            : throw new ArgumentException("A token, a session or a subject can be revoked.", nameof(match));
    }
}
