using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Issuers;

/// <summary>
/// The public keys of other issuers: from the <c>jwks_uri</c> of their records and from nowhere else, whatever a token
/// says (BCP-15). An answer is bounded in size and time, and a redirect is none. Safe for concurrent use.
/// </summary>
internal sealed class IssuerKeys(TimeProvider time, ILogger<IssuerKeys> logger) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A key is taken back by a revocation, not by its leaving the URL.
    private static readonly FetchTimes Times = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), Patience);

    // By URL, so that a record which names another one has none of the old keys.
    private readonly ConcurrentDictionary<string, SharedFetch<PublicKeySet>> _byUrl = new();

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Patience,
        MaxResponseContentBufferSize = PublicKeySet.MaxBytes,
        DefaultRequestHeaders = { CacheControl = new CacheControlHeaderValue { NoCache = true } },
    };

    /// <summary>
    /// The keys that the issuer publishes: some with the one of that name in it, or those that were asked for since the call.
    /// </summary>
    public Task<Fetched<PublicKeySet>> FindAsync(string jwksUri, string keyId, CancellationToken cancellationToken) =>
        _byUrl.GetOrAdd(jwksUri, url => new(gone => FetchAsync(url, gone), Times, time))
            .FindAsync(keys => keys.Find(keyId) is not null, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<PublicKeySet> FetchAsync(string url, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(url, cancellationToken).ConfigureAwait(false);
            return answer.StatusCode == HttpStatusCode.OK
                ? PublicKeySet.Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false))
                : throw new HttpRequestException($"The answer was {(int)answer.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or FormatException
            or InvalidOperationException)
        {
            AuthorityLog.IssuerKeysUnavailable(logger, url, e.Message);
            throw;
        }
    }
}
