using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Issuers;

internal enum SignatureState : byte
{
    /// <summary>
    /// Not the issuer's: no key, no single key, one that was taken back or is for something else, or another signature.
    /// </summary>
    Bad = 0,

    /// <summary>The issuer's keys cannot be known now.</summary>
    Unknown = 1,

    Genuine = 2,
}

/// <summary>What became of a signature.</summary>
/// <param name="State">The outcome.</param>
/// <param name="RetryAfter">When it can be known, if it is not.</param>
internal readonly record struct CheckedSignature(SignatureState State, TimeSpan RetryAfter = default)
{
    /// <summary>The refusal of one that cannot be known now.</summary>
    public Refusal Unknown => new(Errors.IssuerKeysUnknown) { RetryAfterSeconds = (int)Math.Ceiling(RetryAfter.TotalSeconds) };
}

/// <summary>
/// Verifies what another issuer signed, by the one key that the token names among those which the issuer publishes.
/// </summary>
internal sealed class IssuerSignatures(IssuerKeys keys, Replica replica)
{
    /// <summary>Checks the signature of <paramref name="token"/>, which was read as <paramref name="jws"/>.</summary>
    public async Task<CheckedSignature> CheckAsync(
        string token, CompactJws jws, IssuerRecord issuer, CancellationToken cancellationToken)
    {
        if (issuer.JwksUri is not { } url || !issuer.Algorithms.Contains(jws.Algorithm))
        {
            return default;
        }

        var published = await keys.FindAsync(url, jws.KeyId, cancellationToken).ConfigureAwait(false);
        if (published.Value?.Find(jws.KeyId) is not { } key)
        {
            // One that was taken back is nobody's word, though its issuer cannot be asked for it.
            var isBad = published.IsConclusive || replica.IsKeyRevoked(issuer.Issuer, jws.KeyId, jws.KeyId);
            return isBad ? default : new(SignatureState.Unknown, published.RetryAfter);
        }

        // A stolen key would otherwise log out whomever its thief likes (T-27).
        return !replica.IsKeyRevoked(issuer.Issuer, jws.KeyId, key.Thumbprint) && key.Verifies(token, jws)
            ? new(SignatureState.Genuine)
            : default;
    }
}
