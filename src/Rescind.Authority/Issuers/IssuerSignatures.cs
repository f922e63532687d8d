using System.Buffers.Text;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Authority.Issuers;

internal enum SignatureState : byte
{
    /// <summary>Not the issuer's: no key, no single key, one that was taken back, or another signature.</summary>
    Bad = 0,

    /// <summary>The issuer's keys cannot be known now.</summary>
    Unknown = 1,

    Genuine = 2,
}

/// <summary>What became of a signature.</summary>
/// <param name="State">The outcome.</param>
/// <param name="Thumbprint">The RFC 7638 thumbprint of the key, if it is genuine.</param>
internal readonly record struct CheckedSignature(SignatureState State, string? Thumbprint = null);

/// <summary>Verifies what another issuer signed, by the one key that the token names among those which the issuer publishes.</summary>
internal sealed class IssuerSignatures(IssuerKeys keys, Replica replica)
{
    /// <summary>Checks the signature of <paramref name="token"/>, which was read as <paramref name="jws"/>.</summary>
    public async Task<CheckedSignature> CheckAsync(string token, CompactJws jws, IssuerRecord issuer, CancellationToken cancellationToken)
    {
        if (issuer.JwksUri is not { } url || !issuer.Algorithms.Contains(jws.Algorithm, StringComparer.Ordinal))
        {
            return default;
        }

        if (await keys.FindAsync(url, jws.KeyId, cancellationToken).ConfigureAwait(false) is not { } named)
        {
            return new(SignatureState.Unknown);
        }

        // One name, one key, one algorithm (JWK-1, BCP-2); a stolen key would otherwise log out whomever its thief likes (T-27).
        return named is [var key] && (string.IsNullOrEmpty(key.Alg) || key.Alg == jws.Algorithm)
            && Base64UrlEncoder.Encode(key.ComputeJwkThumbprint()) is var thumbprint
            && !replica.IsKeyRevoked(issuer.Issuer, jws.KeyId, thumbprint)
            && IsSignedBy(key, jws.Algorithm, token)
            ? new(SignatureState.Genuine, thumbprint)
            : default;
    }

    private static bool IsSignedBy(JsonWebKey key, string algorithm, string token)
    {
        if (!key.CryptoProviderFactory.IsSupportedAlgorithm(algorithm, key))
        {
            return false;
        }

        var dot = token.LastIndexOf('.');
        try
        {
            using var provider = new AsymmetricSignatureProvider(key, algorithm, willCreateSignatures: false);
            return provider.Verify(Encoding.ASCII.GetBytes(token[..dot]), Base64Url.DecodeFromChars(token.AsSpan(dot + 1)));
        }
        catch (Exception e) when (e is NotSupportedException or ArgumentException or System.Security.Cryptography.CryptographicException)
        {
            // A key of too few bits, or numbers that are no key: somebody else's publication, not our failure (BCP-9).
            return false;
        }
    }
}
