using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Issuers;

/// <summary>
/// The public keys of other issuers: from the <c>jwks_uri</c> of their records and from nowhere else, whatever a token says (BCP-15). An
/// answer is bounded in size and time, and a redirect is none. Safe for concurrent use.
/// </summary>
internal sealed class IssuerKeys(TimeProvider time, ILogger<IssuerKeys> logger) : IDisposable
{
    /// <summary>The largest key set, in bytes: a hundred keys with their certificates.</summary>
    public const int MaxBytes = 256 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // By URL, so that a record which names another one has none of the old keys.
    private readonly ConcurrentDictionary<string, PublishedKeys> _byUrl = new(StringComparer.Ordinal);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Patience, MaxResponseContentBufferSize = MaxBytes,
    };

    /// <summary>The keys that the issuer publishes under that name; null if they cannot be known now.</summary>
    public Task<IReadOnlyList<JsonWebKey>?> FindAsync(string jwksUri, string keyId, CancellationToken cancellationToken) =>
        _byUrl.GetOrAdd(jwksUri, url => new(() => FetchAsync(url), time)).FindAsync(keyId, cancellationToken);

    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<JsonWebKey>?> FetchAsync(string url)
    {
        try
        {
            using var answer = await _http.GetAsync(url).ConfigureAwait(false);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return Read(await answer.Content.ReadAsStringAsync().ConfigureAwait(false));
            }

            AuthorityLog.IssuerKeysUnavailable(logger, url, $"The answer was {(int)answer.StatusCode}.");
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ArgumentException or InvalidOperationException)
        {
            AuthorityLog.IssuerKeysUnavailable(logger, url, e.Message);
        }

        return null;
    }

    // Keys for encryption verify nothing; those of a kind that nobody here knows do not spoil the rest (JWK-2).
    private static List<JsonWebKey> Read(string json) =>
        [.. new JsonWebKeySet(json).Keys.Where(key => key is { KeyId.Length: > 0, Use: null or "" or "sig" } && key.CanComputeJwkThumbprint())];
}
