using System.Security.Cryptography;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Issuers;
using Rescind.Authority.Revocations;
using Rescind.Authority.Syntax;
using Rescind.Authority.Tokens;

namespace Rescind.Authority.Http.Routes.Revocations;

/// <summary>
/// Turns a body into a request, or says why it is none. A whole token is verified first: an unverifiable one revokes
/// nothing (T-28), and a refresh token, which would otherwise go into the log as an id, is refused (G7).
/// </summary>
internal sealed class RevocationReader(
    OwnTokens tokens, ForeignTokens foreignTokens, RefreshTokens refreshTokens, RevocationOperations revocations,
    WhoMayRevoke whoMay)
{
    /// <summary>What distinguishes a request from another under the same idempotency key.</summary>
    public static string HashOf(RevocationBody body) =>
        Convert.ToHexStringLower(
            SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(body, RevocationJson.Default.RevocationBody)));

    /// <summary>The request of <paramref name="body"/>.</summary>
    public async Task<Result<RevocationRequest>> ReadAsync(
        RevocationBody body, Caller caller, CancellationToken cancellationToken)
    {
        if (!body.Match.IsOne())
        {
            return Refused(Errors.InvalidMatch.Refusal("match must have exactly one member."));
        }

        if (!TryReadEffect(body.Effect, out var effect))
        {
            return Refused(Errors.InvalidEffect.Refusal("effect must be end, renew, reauthenticate or block."));
        }

        if (!TryReadInstant(body.Before, out var before) || !TryReadInstant(body.Until, out var until))
        {
            return Refused(Errors.InvalidCutoff.Refusal());
        }

        if (body.Spread is <= 0 or > RevocationRules.LongestSpread)
        {
            return Refused(Errors.InvalidSpread.Refusal($"spread must be 1 to {RevocationRules.LongestSpread} seconds."));
        }

        var match = body.Match.Token is { } token
            && (token.Contains('.') || refreshTokens.TryRead(token, out _))
            ? await ReadTokenAsync(token, body.Issuer, caller, cancellationToken).ConfigureAwait(false)
            : ReadMatch(body.Match);
        return match.HasValue
            ? Result<RevocationRequest>.Of(match.Value with
            {
                Effect = effect, Issuer = revocations.IsOwn(body.Issuer) ? null : body.Issuer, Before = before, Until = until,
                Except = body.Except ?? [], Spread = body.Spread is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Reason = body.Reason, IsAlwaysRecorded = true,
            })
            : match;
    }

    private async Task<Result<RevocationRequest>> ReadTokenAsync(
        string text, string? issuer, Caller caller, CancellationToken cancellationToken)
    {
        if (revocations.IsOwn(issuer))
        {
            return tokens.Read(text) is { } own ? Named(own.Facts) : Refused(Errors.UnverifiableToken.Refusal());
        }

        // Before its keys are asked for: whoever may not revoke there may not make us ask either.
        if (!whoMay.MayFor(caller, issuer!))
        {
            return Refused(Errors.IssuerNotAllowed.Refusal());
        }

        var foreign = await foreignTokens.ReadAsync(text, issuer!, cancellationToken).ConfigureAwait(false);
        return foreign.HasValue ? Named(foreign.Value) : Result<RevocationRequest>.Refused(foreign.Refusal);
    }

    private static Result<RevocationRequest> Named(TokenFacts facts) =>
        Result<RevocationRequest>.Of(new() { Match = facts.Token, TokenExpires = facts.ExpiresAt, Reason = "" });

    private static Result<RevocationRequest> ReadMatch(MatchBody match)
    {
        try
        {
            return Result<RevocationRequest>.Of(new() { Match = match.ToMatch(), Reason = "" });
        }
        catch (ArgumentException)
        {
            return Refused(Errors.InvalidMatch.Refusal(
                $"A name or value must be 1 to {Match.MaxValueBytes} bytes of text, and issuer true."));
        }
    }

    private static bool TryReadEffect(string? text, out Effect effect)
    {
        effect = text switch
        {
            null or "end" => Effect.End,
            "renew" => Effect.Renew,
            "reauthenticate" => Effect.Reauthenticate,
            "block" => Effect.Block,
            _ => Effect.None,
        };
        return effect is not Effect.None;
    }

    private static bool TryReadInstant(string? text, out DateTimeOffset? instant)
    {
        instant = Instant.TryParse(text, out var read) ? read : null;
        return text is null || instant is not null;
    }

    private static Result<RevocationRequest> Refused(Refusal problem) => Result<RevocationRequest>.Refused(problem);
}
