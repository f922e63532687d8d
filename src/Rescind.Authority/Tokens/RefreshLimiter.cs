using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Authority.Clients;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Tokens;

/// <summary>
/// How many refreshes are under way, divided among the clients. Past its share a client's refresh is turned away before the store hears of it,
/// and never told that its grant is invalid: it logs nobody out. The bound is well below what the store lets wait, so a flood of refreshes
/// keeps no revocation out.
/// </summary>
internal sealed class RefreshLimiter(IOptions<AuthorityOptions> options)
{
    private readonly ConcurrencyShares _shares = new(options.Value.MaxConcurrentRefreshes);

    public async Task<IResult> RunAsync(string client, Func<Task<IResult>> refresh, bool asOAuth)
    {
        if (!_shares.TryEnter(client))
        {
            return Failures.Answer(new(Errors.TooManyRefreshes) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds }, asOAuth);
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
