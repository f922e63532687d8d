using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Tokens;

/// <summary>
/// How many refreshes are under way, divided among the clients. Past its share a client's refresh is turned away before
/// the store hears of it, and never told that its grant is invalid: it logs nobody out. The bound is well below what
/// the store lets wait, so a flood of refreshes keeps no revocation out.
/// </summary>
internal sealed class RefreshLimiter(IOptions<AuthorityOptions> options)
{
    private readonly ConcurrencyShares _shares = new(options.Value.MaxConcurrentRefreshes);

    /// <summary>What <paramref name="refresh"/> comes to, or what <paramref name="refused"/> makes of the refusal.</summary>
    public async Task<T> RunAsync<T>(string client, Func<Task<T>> refresh, Func<Refusal, T> refused)
    {
        if (!_shares.TryEnter(client))
        {
            return refused(new(Errors.TooManyRefreshes) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds });
        }

        try
        {
            return await refresh().ConfigureAwait(false);
        }
        finally
        {
            _shares.Leave(client);
        }
    }
}
