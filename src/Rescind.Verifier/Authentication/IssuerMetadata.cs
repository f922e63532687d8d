using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>What an issuer publishes: its metadata, and those of its keys that are fit.</summary>
internal sealed record Published(OpenIdConnectConfiguration Configuration, PublicKeySet Keys);

/// <summary>
/// The metadata of a scheme's issuer, in place of the framework's manager: that one asks for a new key once in five
/// minutes, and everybody could use that up by inventing one. Safe for concurrent use.
/// </summary>
internal sealed class IssuerMetadata : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>
{
    /// <summary>How long one fetch may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private readonly SharedFetch<Published> _fetch;

    /// <summary>The metadata at <paramref name="address"/>, which <paramref name="fetch"/> fetches.</summary>
    public IssuerMetadata(
        string address, Func<CancellationToken, Task<Published>> fetch, TimeSpan refreshAfter, TimeProvider time, ILogger logger)
    {
        MetadataAddress = address;
        // It would bring back a key that is published no more.
        UseLastKnownGoodConfiguration = false;
        _fetch = new(FetchAsync, new(refreshAfter, TimeSpan.MaxValue, Limit), time);

        async Task<Published> FetchAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await fetch(cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                VerifierLog.MetadataUnavailable(logger, address, failure);
                throw;
            }
        }
    }

    /// <summary>What is published, with the key of that name in it, or as it was asked for since the call.</summary>
    public Task<Fetched<Published>> FindAsync(string keyId) =>
        _fetch.FindAsync(published => published.Keys.Find(keyId) is not null, CancellationToken.None);

    /// <summary>The metadata; throws <see cref="InvalidOperationException"/> if it could not be fetched.</summary>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel) =>
        (await _fetch.FindAsync(static _ => true, cancel).ConfigureAwait(false)).Value?.Configuration
        ?? throw new InvalidOperationException($"The metadata at {MetadataAddress} could not be fetched.");

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) =>
        await GetConfigurationAsync(cancel).ConfigureAwait(false);

    /// <summary>The framework asks for it at each bad signature.</summary>
    public override void RequestRefresh() => _fetch.RefreshIfOlder(RefreshInterval);
}
