using System.Security.Cryptography;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Issuers;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Takes the word of a registered issuer that somebody has logged out there (BL-1): one session, or all of a person's
/// up to that moment. The same token again is the same act: its id is an idempotency key, which outlives every token
/// that is still taken (T-33).
/// </summary>
internal sealed class BackChannelLogouts(
    Replica replica, IssuerSignatures signatures, IssuerRateLimiter limiter, RevocationOperations revocations,
    LogoutBursts bursts,
    TimeProvider time)
{
    /// <summary>Does what the token says; null once that is durable, or the refusal.</summary>
    /// <param name="text">The token, as it came.</param>
    /// <param name="origin">Where it came from.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<OAuthRefusal?> ReceiveAsync(string text, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (!CompactJws.TryRead(text, out var jws, out var unreadable))
        {
            return OAuthRefusal.InvalidRequest($"The logout token cannot be read: {unreadable}.");
        }

        if (jws.Issuer is not { } issuer || replica.FindIssuer(issuer) is not { Own: false, LogoutAudiences.Count: > 0 } record)
        {
            return OAuthRefusal.InvalidRequest("The issuer of the logout token logs nobody out here.");
        }

        var now = time.GetUtcNow();
        if (!LogoutToken.TryCreate(jws, record, now.ToUnixTimeSeconds(), out var logout, out var fault))
        {
            return OAuthRefusal.InvalidRequest(fault);
        }

        var signature = await signatures.CheckAsync(text, jws, record, cancellationToken).ConfigureAwait(false);
        return signature.State is SignatureState.Unknown ? OAuthRefusal.Unavailable(signature.Unknown)
            : signature.State is not SignatureState.Genuine
                ? OAuthRefusal.InvalidRequest("The signature of the logout token does not verify.")
            : !limiter.TryTake(issuer) ? TooMany()
            : await RevokeAsync(logout, RequestOf(logout, issuer, now), origin.AuditOf("issuer:" + issuer), cancellationToken)
                .ConfigureAwait(false);
    }

    // The event's time, not its arrival: whoever has logged in again since is not meant (T-31).
    private static RevocationRequest RequestOf(LogoutToken logout, string issuer, DateTimeOffset now)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(logout.IssuedAt);
        return new()
        {
            Match = logout.SessionId is { } sid ? Match.Session(sid) : Match.Subject(logout.Subject!),
            Issuer = issuer,
            Before = logout.SessionId is not null ? null : at < now ? at : now,
            Reason = "logged out at the issuer",
        };
    }

    private async Task<OAuthRefusal?> RevokeAsync(
        LogoutToken logout, RevocationRequest request, AuditContext audit, CancellationToken cancellationToken)
    {
        var said = $"{request.Match.Kind} {logout.IssuedAt} {request.Match.Value}";
        var key = new IdempotencyKey(audit.Actor, Hash(logout.Id), Hash(said));
        var receipt = await revocations.RevokeAsync(request, audit, key, default, cancellationToken).ConfigureAwait(false);
        if (!receipt.HasValue)
        {
            return InWordsOfOAuth(receipt.Refusal);
        }

        bursts.Count(audit.Actor);
        return null;
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    // BL-3: whatever is wrong is a 400.
    private static OAuthRefusal InWordsOfOAuth(Refusal refusal) =>
        OAuthRefusal.InvalidRequest($"{refusal.Error.Title} {refusal.Specifics}".TrimEnd()) with { Code = refusal.Error.Code };

    private static OAuthRefusal TooMany() =>
        OAuthRefusal.Unavailable(new(Errors.TooManyLogouts) { RetryAfterSeconds = IssuerRateLimiter.RetryAfterSeconds });
}
