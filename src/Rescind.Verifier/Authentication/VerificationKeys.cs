using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Finds the one key that a token names. Our own keys come with the log, so that own tokens need no JWKS and a killed or a new
/// key arrives like any revocation; those of other issuers come from the framework's metadata. Safe for concurrent use.
/// </summary>
internal sealed class VerificationKeys(VerifierReplica held, IOptions<VerifierOptions> options, ILogger<VerificationKeys> logger)
{
    private OwnKeys _own = OwnKeys.None;

    public Replica Replica => held.Replica;

    /// <summary>
    /// The key of our own issuer that <paramref name="jws"/> names. Without one, a replica that may be behind the token cannot
    /// tell a forgery from a key that it has not heard of yet, and says unknown.
    /// </summary>
    public KeySearch FindOwn(CompactJws jws, TokenFacts facts)
    {
        // Before the keys: one that arrives in between must not turn "not heard of yet" into "no such key".
        var position = Replica.Position;
        if (OwnNow().ByKeyId.TryGetValue(facts.KeyId, out var key))
        {
            // One algorithm for each key (BCP-2). A key of a form that this version cannot read is there, but is no use.
            return key is null ? new(VerdictKind.Unknown)
                : key.Alg is null || key.Alg == jws.Algorithm ? new(key)
                : new(VerdictKind.Invalid);
        }

        // One that was taken back is known, though it is gone: whatever lpos its thief writes, it is none that was not heard of yet.
        var mayBeNew = (facts.LogPosition > position || Replica.Age > options.Value.MaxStaleness)
            && !Replica.IsKeyRevoked(facts.Issuer, facts.KeyId, facts.KeyId);
        return new(mayBeNew ? VerdictKind.Unknown : VerdictKind.Invalid);
    }

    /// <summary>
    /// The key of another issuer. The metadata is asked for here, because the framework answers 401 when it could not be fetched.
    /// </summary>
    public async Task<KeySearch> FindForeignAsync(CompactJws jws, TokenValidationParameters parameters)
    {
        var candidates = new List<SecurityKey?>([parameters.IssuerSigningKey, .. parameters.IssuerSigningKeys ?? []]);
        if (parameters.ConfigurationManager is { } metadata)
        {
            try
            {
                candidates.AddRange((await metadata.GetBaseConfigurationAsync(CancellationToken.None).ConfigureAwait(false)).SigningKeys);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                VerifierLog.MetadataUnavailable(logger, jws.Issuer ?? "", failure);
                return new(VerdictKind.Unknown);
            }
        }

        // Metadata may hold one key twice, as a certificate and by its numbers: that is one key still.
        var named = candidates.OfType<SecurityKey>().Where(key => key.KeyId == jws.KeyId).DistinctBy(Thumbprint).ToList();
        if (named.Count == 0)
        {
            parameters.ConfigurationManager?.RequestRefresh();
        }

        return named is [var key] ? new(key) : new(VerdictKind.Invalid);
    }

    /// <summary>The RFC 7638 thumbprint, which names a key whatever its <c>kid</c> (T-27).</summary>
    public static string? Thumbprint(SecurityKey key) =>
        key.CanComputeJwkThumbprint() ? Base64UrlEncoder.Encode(key.ComputeJwkThumbprint()) : null;

    private OwnKeys OwnNow()
    {
        var texts = Replica.OwnKeys;
        var own = Volatile.Read(ref _own);
        if (!ReferenceEquals(own.Texts, texts))
        {
            own = new(texts, texts.ToFrozenDictionary(pair => pair.Key, pair => Read(pair.Value), StringComparer.Ordinal));
            Volatile.Write(ref _own, own);
        }

        return own;
    }

    private static JsonWebKey? Read(string text)
    {
        try
        {
            return new(text);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private sealed record OwnKeys(IReadOnlyDictionary<string, string> Texts, FrozenDictionary<string, JsonWebKey?> ByKeyId)
    {
        public static readonly OwnKeys None = new(FrozenDictionary<string, string>.Empty, FrozenDictionary<string, JsonWebKey?>.Empty);
    }
}

/// <summary>The key, or why there is none: unknown, or invalid.</summary>
internal readonly record struct KeySearch(SecurityKey? Key, VerdictKind Failure)
{
    public KeySearch(SecurityKey key)
        : this(key, VerdictKind.Undecided)
    {
    }

    public KeySearch(VerdictKind failure)
        : this(null, failure)
    {
    }
}
