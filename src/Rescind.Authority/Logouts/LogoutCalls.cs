using System.Net;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Logouts;

/// <summary>What came of telling a client.</summary>
/// <param name="Logout">Of what it was told.</param>
/// <param name="Result">What it made of that; <see cref="LogoutResult.None"/> if it is to be told again.</param>
/// <param name="Fault">Why, in words that repeat nothing of the token.</param>
internal sealed record ToldLogout(Logout Logout, LogoutResult Result, string? Fault = null);

/// <summary>
/// Posts a logout token to a client. 200 and 204 are taken, 400 is a no; all else is a failure of the client: a
/// redirect is not followed, the body of an answer not read. Bounded in time and in number. Safe for concurrent use.
/// </summary>
internal sealed class LogoutCalls(LogoutTokens tokens, TimeProvider time) : IDisposable
{
    /// <summary>How long a client may take to answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>The most calls at once, whichever the clients.</summary>
    private const int MaxAtOnce = 64;

    // So much of a body that nobody reads is let pass to keep the connection; a longer one closes it.
    private const int MaxDrainedBytes = 4096;

    private readonly SemaphoreSlim _free = new(MaxAtOnce, MaxAtOnce);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseDrainSize = MaxDrainedBytes,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Tells the client at <paramref name="url"/>; never fails, and has told it nothing if it was cancelled.</summary>
    public async Task<ToldLogout> TellAsync(string url, Logout logout, CancellationToken cancellationToken)
    {
        try
        {
            await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new(logout, LogoutResult.None);
        }

        try
        {
            return await PostAsync(url, logout, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new(logout, LogoutResult.None, $"No answer came within {Patience.TotalSeconds} s.");
        }
        catch (HttpRequestException e)
        {
            return new(logout, LogoutResult.None, e.Message);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _free.Dispose();
    }

    private async Task<ToldLogout> PostAsync(string url, Logout logout, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new FormUrlEncodedContent([new("logout_token", tokens.Make(logout))]);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token)
            .ConfigureAwait(false);
        return answer.StatusCode switch
        {
            HttpStatusCode.OK or HttpStatusCode.NoContent => new(logout, LogoutResult.Delivered),
            HttpStatusCode.BadRequest => new(logout, LogoutResult.Refused),
            var status => new(logout, LogoutResult.None, $"The answer was {(int)status}."),
        };
    }
}
