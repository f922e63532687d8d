using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Issuers;

/// <summary>Access tokens of other issuers, verified under their records. An expired one counts: it can still be named.</summary>
internal sealed class ForeignTokens(Replica replica, IssuerSignatures signatures)
{
    /// <summary>The facts of a genuine access token of <paramref name="issuer"/>, or the refusal.</summary>
    public async Task<Result<TokenFacts>> ReadAsync(string text, string issuer, CancellationToken cancellationToken)
    {
        if (replica.FindIssuer(issuer) is not { } record)
        {
            return Result<TokenFacts>.Refused(Errors.UnknownIssuer.Refusal());
        }

        if (record.JwksUri is null)
        {
            return Result<TokenFacts>.Refused(Errors.UnverifiableToken.Refusal("The record of the issuer has no jwks_uri."));
        }

        if (!CompactJws.TryRead(text, out var jws, out _)
            || !TokenFacts.TryCreateToRevoke(jws, record, null, out var facts, out _))
        {
            return Result<TokenFacts>.Refused(Errors.UnverifiableToken.Refusal());
        }

        var signature = await signatures.CheckAsync(text, jws, record, cancellationToken).ConfigureAwait(false);
        return signature.State switch
        {
            SignatureState.Genuine => Result<TokenFacts>.Of(facts),
            SignatureState.Unknown => Result<TokenFacts>.Refused(signature.Unknown),
            _ => Result<TokenFacts>.Refused(Errors.UnverifiableToken.Refusal()),
        };
    }
}
