using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Issuing;

/// <summary>
/// How many refreshes are under way. Past the bound a refresh is turned away before the store hears of it, and never told that its grant is
/// invalid: it logs nobody out. The bound is well below what the store lets wait, so a flood of refreshes keeps no revocation out.
/// </summary>
internal sealed class RefreshBound(IOptions<AuthorityOptions> options)
{
    private int _running;

    public async Task<IResult> RunAsync(Func<Task<IResult>> refresh, bool asOAuth)
    {
        try
        {
            return Interlocked.Increment(ref _running) <= options.Value.MaxConcurrentRefreshes
                ? await refresh().ConfigureAwait(false)
                : Failures.Answer(new(Errors.TooManyRefreshes) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds }, asOAuth);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }
}
