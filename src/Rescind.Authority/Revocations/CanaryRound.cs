using Microsoft.Extensions.Options;
using Rescind.Authority.Canaries;
using Rescind.Authority.Stores;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Issues a canary and revokes the one before it. The act is not recorded: the log alone has it, for as long as the token
/// could live. One round at a time.
/// </summary>
internal sealed class CanaryRound(
    CanaryWatch watch, TokenIssuer issuer, LogFollower follower, IRevocationStore store, IOptions<AuthorityOptions> options,
    TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>The canary that was revoked; null if there was none yet.</summary>
    public Task<RevokedCanary?> RunAsync(CancellationToken cancellationToken) => RevokeAsync(watch.PresentId, cancellationToken);

    /// <summary>
    /// The same, if <paramref name="present"/> is still the one that is handed out; null if another round has revoked it.
    /// </summary>
    public async Task<RevokedCanary?> RevokeAsync(string? present, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (watch.PresentId != present)
            {
                return null;
            }

            // The next one is there when the entry wakes the followers: one answer brings both.
            var head = await follower.ReadHeadAsync(cancellationToken).ConfigureAwait(false);
            var next = issuer.IssueCanary(head);
            var expires = (long)(time.GetUtcNow() - DateTimeOffset.UnixEpoch + next.ExpiresIn).TotalSeconds + 1;
            if (watch.Swap(new(next.Id, next.Text, expires)) is not { } last)
            {
                return null;
            }

            var outcome = await store.RevokeAsync(DraftOf(last), cancellationToken).ConfigureAwait(false);
            var revoked = new RevokedCanary(last.Id, outcome.Revocation!.Position, time.GetTimestamp());
            watch.Revoked(last, revoked.Position, revoked.At);
            return revoked;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private RevocationDraft DraftOf(Canary canary) => new()
    {
        Issuer = options.Value.Issuer!, Match = Match.Token(canary.Id), Effect = Effect.End, TokenExpires = canary.Expires,
        Reason = "canary", Audit = AuditContext.System, IsUnrecorded = true,
    };
}
