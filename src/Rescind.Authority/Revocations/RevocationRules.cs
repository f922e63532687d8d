using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Which revocations hold, whoever asks: effects, cutoffs, exceptions, and what an issuer's tokens can be matched by. Pure.
/// </summary>
internal static class RevocationRules
{
    public const int LongestReason = 500;

    public const int LongestIdempotencyKey = 255;

    /// <summary>The longest that a caller may wait for a receipt, in seconds.</summary>
    public const int LongestWait = 10;

    /// <summary>The longest that a renewal may be spread, in seconds, whatever the lifetime of the tokens: a year.</summary>
    public const int LongestSpread = 366 * 24 * 3600;

    public const int LargestPage = 200;

    public const int MostExceptions = 100;

    /// <summary>
    /// How far in the future a cutoff may be, in seconds: clocks differ. A deliberate lock-out is a block (T-11).
    /// </summary>
    public const int MaxFutureCutoff = 5;

    private static readonly DateTimeOffset Earliest = DateTimeOffset.UnixEpoch.AddSeconds(1);

    // What is remembered longer than a block still has to be an instant that can be written down.
    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first rule that <paramref name="request"/> breaks, or null.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="issuer">The record of the issuer that the match is under; null if it is not registered.</param>
    /// <param name="now">The present moment.</param>
    public static Refusal? Validate(RevocationRequest request, IssuerRecord? issuer, DateTimeOffset now) =>
        string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > LongestReason ? Errors.InvalidReason.Refusal()
        : issuer is null ? Errors.UnknownIssuer.Refusal()
        : ValidateEffect(request, issuer) ?? ValidateInstants(request, now) ?? ValidateExceptions(request, issuer)
            ?? ValidateSpread(request, issuer) ?? ValidateClaims(request, issuer);

    private static Refusal? ValidateEffect(RevocationRequest request, IssuerRecord issuer) =>
        request.Match.Allows(request.Effect, issuer.Own) ? null : Errors.InvalidEffect.Refusal();

    private static Refusal? ValidateInstants(RevocationRequest request, DateTimeOffset now)
    {
        if (request.Effect is Effect.Block)
        {
            return request.Before is not null ? Errors.InvalidCutoff.Refusal("A block must have no before.")
                : request.Until is not { } until ? Errors.InvalidCutoff.Refusal("A block must have until.")
                : until <= now ? Errors.InvalidCutoff.Refusal("until has passed.")
                : until > Latest ? Errors.InvalidCutoff.Refusal("until lies after the beginning of the year 9999.")
                : null;
        }

        return request.Until is not null ? Errors.InvalidCutoff.Refusal("until must be given with a block alone.")
            : request.Before is not { } before ? null
            : request.Match.EndsUnconditionally
                ? Errors.InvalidCutoff.Refusal("A token, a session or a key must have no before: all of it is hit.")
            : before < Earliest || before > now.AddSeconds(MaxFutureCutoff)
                ? Errors.InvalidCutoff.Refusal($"before lies before 1970, or more than {MaxFutureCutoff} s in the future.")
            : null;
    }

    private static Refusal? ValidateExceptions(RevocationRequest request, IssuerRecord issuer) =>
        request.Except.Count == 0 ? null
        : request is not { Match.Kind: MatchKind.Subject, Effect: Effect.End or Effect.Renew } || !issuer.Own
            ? Errors.InvalidExceptions.Refusal("except must be given with end and renew of a subject of this Authority alone.")
        : request.Except.Count > MostExceptions ? Errors.InvalidExceptions.Refusal($"There are more than {MostExceptions}.")
        : request.Except.Any(id => string.IsNullOrEmpty(id) || id.Length > Match.MaxValueBytes)
            ? Errors.InvalidExceptions.Refusal("An exception must be the id of a session.")
        : null;

    // Past the longest life of a token everything has been renewed without us.
    private static Refusal? ValidateSpread(RevocationRequest request, IssuerRecord issuer) =>
        request.Spread is not { } spread ? null
        : request.Effect is not Effect.Renew || request.Match.Traits.IsNarrow || request.Before is not null
            ? Errors.InvalidSpread.Refusal(
                "spread must be given with a renew of a client, a tag or an issuer alone, and without before.")
        : issuer.Limits.MaxTokenLifetime is not { } longest
            ? Errors.InvalidSpread.Refusal("The issuer's record declares no max_token_lifetime.")
        : spread < TimeSpan.FromSeconds(1) || spread > TimeSpan.FromSeconds(longest)
            ? Errors.InvalidSpread.Refusal($"spread must be 1 to {longest} seconds there.")
        : null;

    // T-19: what an issuer's tokens do not say, they cannot be found by.
    private static Refusal? ValidateClaims(RevocationRequest request, IssuerRecord issuer) =>
        request.Match.ClaimAmong(issuer.Claims) is ""
            ? Errors.CannotBeMatched.Refusal($"They carry no {request.Match.Traits.Word}.")
        : request.Effect is Effect.Reauthenticate && !issuer.SendsAuthTime
            ? Errors.CannotBeMatched.Refusal("They carry no auth_time.")
        : null;
}
