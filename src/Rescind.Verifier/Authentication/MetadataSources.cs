using System.Net.Http.Headers;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Where the metadata of a scheme comes from: as the app has set it, by <c>Authority</c> or by a manager of its own.
/// </summary>
internal sealed class MetadataSources(VerifierClock clock, ILogger<MetadataSources> logger)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>What stands in for the scheme's manager; the same where there is none, or one that never fetches.</summary>
    public IConfigurationManager<OpenIdConnectConfiguration>? For(JwtBearerOptions options) => options.ConfigurationManager switch
    {
        null or IssuerMetadata or StaticConfigurationManager<OpenIdConnectConfiguration> => options.ConfigurationManager,
        ConfigurationManager<OpenIdConnectConfiguration> made when IsOfFramework(made, options) =>
            New(made.MetadataAddress, gone => FetchAsync(options, gone), options.AutomaticRefreshInterval),
        var given => New(
            (given as BaseConfigurationManager)?.MetadataAddress ?? given.GetType().Name,
            new Asking(given, clock.Time).FetchAsync,
            (given as BaseConfigurationManager)?.AutomaticRefreshInterval ?? options.AutomaticRefreshInterval),
    };

    private IssuerMetadata New(string address, Func<CancellationToken, Task<Published>> fetch, TimeSpan refreshAfter) =>
        new(address, fetch, refreshAfter, clock.Time, logger);

    // It makes its client together with its manager.
    private static bool IsOfFramework(ConfigurationManager<OpenIdConnectConfiguration> manager, JwtBearerOptions options) =>
        manager.GetType() == typeof(ConfigurationManager<OpenIdConnectConfiguration>)
        && options.Backchannel is not null && manager.MetadataAddress == options.MetadataAddress;

    private static async Task<Published> FetchAsync(JwtBearerOptions options, CancellationToken cancellationToken)
    {
        var metadata = await GetAsync(options, options.MetadataAddress!, cancellationToken).ConfigureAwait(false);
        var configuration = OpenIdConnectConfiguration.Create(Encoding.UTF8.GetString(metadata));
        var keys = string.IsNullOrEmpty(configuration.JwksUri) ? PublicKeySet.Empty
            : PublicKeySet.Read(await GetAsync(options, configuration.JwksUri, cancellationToken).ConfigureAwait(false));
        foreach (var key in keys.Keys)
        {
            configuration.SigningKeys.Add(FrameworkKeys.From(key));
        }

        return new(configuration, keys);
    }

    private static async Task<byte[]> GetAsync(JwtBearerOptions options, string address, CancellationToken cancellationToken)
    {
        if (options.RequireHttpsMetadata && !address.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            throw new InvalidOperationException($"The address {address} must be https: RequireHttpsMetadata is on.");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        // What a cache between remembers is not what was asked for now.
        request.Headers.CacheControl = new CacheControlHeaderValue { NoCache = true };
        using var answer = await options.Backchannel
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            .ConfigureAwait(false);
        answer.EnsureSuccessStatusCode();
        await answer.Content.LoadIntoBufferAsync(PublicKeySet.MaxBytes, cancellationToken).ConfigureAwait(false);
        return await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks a manager of the app's own, once at a time.</summary>
    private sealed class Asking
    {
        private readonly IConfigurationManager<OpenIdConnectConfiguration> _manager;
        private readonly TimeProvider _time;
        private OpenIdConnectConfiguration? _last;

        public Asking(IConfigurationManager<OpenIdConnectConfiguration> manager, TimeProvider time)
        {
            (_manager, _time) = (manager, time);
            if (manager is BaseConfigurationManager throttled)
            {
                // We ask more rarely than this, and its own pause would hide that it has not asked.
                throttled.RefreshInterval = ShortestInterval;
            }
        }

        public async Task<Published> FetchAsync(CancellationToken cancellationToken)
        {
            var last = _last;
            if (last is not null)
            {
                _manager.RequestRefresh();
            }

            var configuration = await _manager.GetConfigurationAsync(cancellationToken).ConfigureAwait(false);
            // The framework's manager goes on giving the old one until the new one is there, and for good if that fails.
            while (ReferenceEquals(configuration, last) && _manager is ConfigurationManager<OpenIdConnectConfiguration>)
            {
                await Task.Delay(LookAgain, _time, cancellationToken).ConfigureAwait(false);
                configuration = await _manager.GetConfigurationAsync(cancellationToken).ConfigureAwait(false);
            }

            _last = configuration;
            return new(configuration, FrameworkKeys.Of(configuration));
        }
    }
}
