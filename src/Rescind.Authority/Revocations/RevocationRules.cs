using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Revocations;

/// <summary>Which revocations hold, whoever asks: effects, cutoffs, exceptions, and what an issuer's tokens can be matched by. Pure.</summary>
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

    /// <summary>How far in the future a cutoff may be, in seconds: clocks differ. A deliberate lock-out is a block (T-11).</summary>
    public const int MaxFutureCutoff = 5;

    private static readonly DateTimeOffset Earliest = DateTimeOffset.UnixEpoch.AddSeconds(1);

    // What is remembered longer than a block still has to be an instant that can be written down.
    private static readonly DateTimeOffset Latest = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The first rule that <paramref name="request"/> breaks, or null.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="issuer">The record of the issuer that the match is under; null if it is not registered.</param>
    /// <param name="now">The present moment.</param>
    public static Problem? Validate(RevocationRequest request, IssuerRecord? issuer, DateTimeOffset now) =>
        string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > LongestReason ? Errors.InvalidReason.Problem()
        : issuer is null ? Errors.UnknownIssuer.Problem()
        : ValidateEffect(request, issuer) ?? ValidateInstants(request, now) ?? ValidateExceptions(request, issuer)
            ?? ValidateSpread(request, issuer) ?? ValidateClaims(request, issuer);

    private static Problem? ValidateEffect(RevocationRequest request, IssuerRecord issuer) =>
        request.Match.Allows(request.Effect, issuer.Own) ? null : Errors.InvalidEffect.Problem();

    private static Problem? ValidateInstants(RevocationRequest request, DateTimeOffset now)
    {
        if (request.Effect is Effect.Block)
        {
            return request.Before is not null ? Errors.InvalidCutoff.Problem("A block has no before.")
                : request.Until is not { } until ? Errors.InvalidCutoff.Problem("A block needs until.")
                : until <= now ? Errors.InvalidCutoff.Problem("until has passed.")
                : until > Latest ? Errors.InvalidCutoff.Problem("until lies after the beginning of the year 9999.")
                : null;
        }

        return request.Until is not null ? Errors.InvalidCutoff.Problem("Only a block has until.")
            : request.Before is not { } before ? null
            : request.Match.EndsUnconditionally ? Errors.InvalidCutoff.Problem("A token, a session or a key has no before: all of it is hit.")
            : before < Earliest || before > now.AddSeconds(MaxFutureCutoff)
                ? Errors.InvalidCutoff.Problem($"before lies before 1970, or more than {MaxFutureCutoff} s in the future.")
            : null;
    }

    private static Problem? ValidateExceptions(RevocationRequest request, IssuerRecord issuer) =>
        request.Except.Count == 0 ? null
        : request is not { Match.Kind: MatchKind.Subject, Effect: Effect.End or Effect.Renew } || !issuer.Own
            ? Errors.InvalidExceptions.Problem("Only end and renew of a subject of this Authority spare sessions.")
        : request.Except.Count > MostExceptions ? Errors.InvalidExceptions.Problem($"There are more than {MostExceptions}.")
        : request.Except.Any(id => string.IsNullOrEmpty(id) || id.Length > Match.MaxValueBytes)
            ? Errors.InvalidExceptions.Problem("An exception is the id of a session.")
        : null;

    // Past the longest life of a token everything has been renewed without us.
    private static Problem? ValidateSpread(RevocationRequest request, IssuerRecord issuer) =>
        request.Spread is not { } spread ? null
        : request.Effect is not Effect.Renew || !WhoMayRevoke.IsBroad(request.Match) || request.Before is not null
            ? Errors.InvalidSpread.Problem("Only a renew of a client, a tag or an issuer is spread, and without before.")
        : issuer.Limits.MaxTokenLifetime is not { } longest ? Errors.InvalidSpread.Problem("The issuer's record declares no max_token_lifetime.")
        : spread < TimeSpan.FromSeconds(1) || spread > TimeSpan.FromSeconds(longest)
            ? Errors.InvalidSpread.Problem($"spread is 1 to {longest} seconds there.")
        : null;

    // T-19: what an issuer's tokens do not say, they cannot be found by.
    private static Problem? ValidateClaims(RevocationRequest request, IssuerRecord issuer)
    {
        var claim = request.Match.Kind switch
        {
            MatchKind.Token => issuer.Claims.Token,
            MatchKind.Session => issuer.Claims.Session,
            MatchKind.Subject => issuer.Claims.Subject,
            MatchKind.Client => issuer.Claims.Client,
            _ => "any",
        };
        return claim.Length == 0 ? Errors.CannotBeMatched.Problem($"They carry no {request.Match.Kind.ToString().ToLowerInvariant()}.")
            : request.Effect is Effect.Reauthenticate && !issuer.SendsAuthTime ? Errors.CannotBeMatched.Problem("They carry no auth_time.")
            : null;
    }
}
