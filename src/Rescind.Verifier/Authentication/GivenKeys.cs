using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// The keys that the app has set on a scheme itself, by <c>IssuerSigningKey</c>, <c>IssuerSigningKeys</c> or a
/// resolver.
/// </summary>
internal static class GivenKeys
{
    /// <summary>
    /// The one of them that is fit and has this name; null if there is none, or more than one. Throws what a resolver
    /// of the app throws, and where one has to be given metadata that cannot be fetched.
    /// </summary>
    public static async Task<SecurityKey?> FindAsync(
        string token, string keyId, TokenHandler reader, TokenValidationParameters parameters)
    {
        List<SecurityKey?> keys = [parameters.IssuerSigningKey, .. parameters.IssuerSigningKeys ?? []];
        if (parameters.IssuerSigningKeyResolverUsingConfiguration is { } withMetadata)
        {
            var metadata = parameters.ConfigurationManager is { } manager
                ? await manager.GetBaseConfigurationAsync(CancellationToken.None).ConfigureAwait(false) : null;
            keys.AddRange(withMetadata(token, reader.ReadToken(token), keyId, parameters, metadata) ?? []);
        }
        else if (parameters.IssuerSigningKeyResolver is { } resolver)
        {
            keys.AddRange(resolver(token, reader.ReadToken(token), keyId, parameters) ?? []);
        }

        // A certificate and its numbers are one key still.
        var named = keys.OfType<SecurityKey>().Where(key => key.KeyId == keyId && FrameworkKeys.ToPublicKey(key) is not null)
            .DistinctBy(key => FrameworkKeys.ToPublicKey(key)!.Thumbprint).ToList();
        return named is [var one] ? one : null;
    }
}
