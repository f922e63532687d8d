using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Finds the one key that a token names. Our own keys come with the log, so that own tokens need no JWKS and a killed
/// or a new key arrives like any revocation; those of other issuers are what the app has set, or what they publish.
/// Safe for concurrent use.
/// </summary>
internal sealed class VerificationKeys(VerifierReplica held, IOptions<VerifierOptions> options, ILogger<VerificationKeys> logger)
{
    private OwnKeys _own = OwnKeys.None;

    public Replica Replica => held.Replica;

    /// <summary>
    /// The key of our own issuer that the token names. Without one, a replica that may be behind the token cannot
    /// tell a forgery from a key that it has not heard of yet, and says unknown.
    /// </summary>
    public KeySearch FindOwn(NamedKey named, TokenFacts facts)
    {
        // Before the keys: one that arrives in between must not turn "not heard of yet" into "no such key".
        var position = Replica.Position;
        if (OwnNow().ByKeyId.TryGetValue(facts.KeyId, out var key))
        {
            // A key of a form that this version cannot use is there, but is no use.
            return key is null ? new(VerdictKind.Unknown) : Fitting(key, FrameworkKeys.From(key), named);
        }

        // One that was taken back is known, though it is gone: whatever lpos its thief writes, it is none that was not
        // heard of yet.
        var mayBeNew = (facts.LogPosition > position || Replica.Age > options.Value.MaxStaleness)
            && !Replica.IsKeyRevoked(facts.Issuer, facts.KeyId, facts.KeyId);
        return new(mayBeNew ? VerdictKind.Unknown : VerdictKind.Invalid);
    }

    /// <summary>
    /// The key of another issuer. The metadata is asked for here, because the framework answers 401 when it could not be fetched.
    /// </summary>
    public async Task<KeySearch> FindForeignAsync(
        string token, NamedKey named, TokenHandler reader, TokenValidationParameters parameters)
    {
        var search = await SearchForeignAsync(token, named, reader, parameters).ConfigureAwait(false);

        // As of our own: one that was taken back is dead, and its issuer need not be asked for it.
        return search.Failure is VerdictKind.Unknown && Replica.IsKeyRevoked(named.Issuer, named.KeyId, named.KeyId)
            ? new(VerdictKind.Invalid)
            : search;
    }

    private async Task<KeySearch> SearchForeignAsync(
        string token, NamedKey named, TokenHandler reader, TokenValidationParameters parameters)
    {
        try
        {
            return await GivenKeys.FindAsync(token, named.KeyId, reader, parameters).ConfigureAwait(false) is { } given
                ? Fitting(FrameworkKeys.ToPublicKey(given)!, given, named)
                : await FindPublishedAsync(named, parameters.ConfigurationManager).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            VerifierLog.MetadataUnavailable(logger, named.Issuer, failure);
            return new(VerdictKind.Unknown);
        }
    }

    private static async Task<KeySearch> FindPublishedAsync(NamedKey named, BaseConfigurationManager? manager)
    {
        if (manager is not IssuerMetadata metadata)
        {
            // Either none, or metadata that the app has written down: there is no more to be known.
            return await Fixed(manager).ConfigureAwait(false) is { } fixedKeys && fixedKeys.Find(named.KeyId) is { } one
                ? Fitting(one, FrameworkKeys.From(one), named)
                : new(VerdictKind.Invalid);
        }

        var published = await metadata.FindAsync(named.KeyId).ConfigureAwait(false);
        return published.Value?.Keys.Find(named.KeyId) is { } key ? Fitting(key, FrameworkKeys.From(key), named)
            : published.IsConclusive ? new(VerdictKind.Invalid)
            : new(VerdictKind.Unknown) { RetryAfter = published.RetryAfter };
    }

    private static async Task<PublicKeySet?> Fixed(BaseConfigurationManager? manager) => manager is null ? null
        : await manager.GetBaseConfigurationAsync(CancellationToken.None).ConfigureAwait(false)
            is OpenIdConnectConfiguration written
            ? FrameworkKeys.Of(written) : null;

    // One algorithm for each key (BCP-2): what its document says, and what its numbers are for.
    private static KeySearch Fitting(PublicKey key, SecurityKey sameKey, NamedKey named) =>
        key.Fits(named.Algorithm) ? new(sameKey, key.Thumbprint) : new(VerdictKind.Invalid);

    private OwnKeys OwnNow()
    {
        var texts = Replica.OwnKeys;
        var own = Volatile.Read(ref _own);
        if (!ReferenceEquals(own.Texts, texts))
        {
            own = new(texts, texts.ToFrozenDictionary(pair => pair.Key, pair => Read(pair.Value)));
            Volatile.Write(ref _own, own);
        }

        return own;
    }

    private static PublicKey? Read(string text) => PublicKey.TryRead(Encoding.UTF8.GetBytes(text), out var key) ? key : null;

    private sealed record OwnKeys(IReadOnlyDictionary<string, string> Texts, FrozenDictionary<string, PublicKey?> ByKeyId)
    {
        public static readonly OwnKeys None = new(
            FrozenDictionary<string, string>.Empty, FrozenDictionary<string, PublicKey?>.Empty);
    }
}

/// <summary>The key that a token says it was signed with.</summary>
internal readonly record struct NamedKey(string Issuer, string KeyId, string Algorithm);

/// <summary>The key with its RFC 7638 thumbprint (T-27), or why there is none: unknown, or invalid.</summary>
internal readonly record struct KeySearch(SecurityKey? Key, string? Thumbprint, VerdictKind Failure)
{
    public KeySearch(SecurityKey key, string thumbprint)
        : this(key, thumbprint, VerdictKind.Undecided)
    {
    }

    public KeySearch(VerdictKind failure)
        : this(null, null, failure)
    {
    }

    /// <summary>When the key can be known, if it is not.</summary>
    public TimeSpan RetryAfter { get; init; }
}
