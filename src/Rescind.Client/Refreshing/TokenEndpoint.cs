using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Rescind.Client.Diagnostics;

namespace Rescind.Client.Refreshing;

/// <summary>
/// <c>POST /token</c> (RFC 6749 section 6) and <c>POST /revoke</c> (RFC 7009). Carries bytes, and asks again while the outcome is
/// unknown: repeating a refresh is safe, because the same refresh token gets the same successor.
/// </summary>
internal sealed class TokenEndpoint : IDisposable
{
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly HttpClient _http;
    private readonly Uri _token;
    private readonly Uri _revoke;
    private readonly string _clientId;
    private readonly AuthenticationHeaderValue? _credentials;
    private readonly TimeSpan _requestTimeout;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;
    private readonly Jitter _jitter;

    public TokenEndpoint(RescindSessionOptions options, Jitter jitter)
    {
        var root = options.Authority.TrimEnd('/');
        (_token, _revoke) = (new(root + "/token"), new(root + "/revoke"));
        _clientId = options.ClientId;
        _credentials = options.ClientSecret is { } secret ? Basic(options.ClientId, secret) : null;
        (_requestTimeout, _limit, _time, _jitter) = (options.RequestTimeout, options.RefreshLimit, options.TimeProvider, jitter);
        _http = new(CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = MaxAnswerBytes };
    }

    public Task<TokenAnswer> RefreshAsync(string refreshToken, CancellationToken cancellationToken) => AskAsync(
        _token, [new("grant_type", "refresh_token"), new("refresh_token", refreshToken)],
        reply => TokenAnswer.OfRefresh(reply, refreshToken), cancellationToken);

    public Task<TokenAnswer> RevokeAsync(string refreshToken, CancellationToken cancellationToken) => AskAsync(
        _revoke, [new("token", refreshToken), new("token_type_hint", "refresh_token")], TokenAnswer.OfRevocation,
        cancellationToken);

    public void Dispose() => _http.Dispose();

    // No redirects: they would carry the refresh token to wherever the answer points.
    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
    private static AuthenticationHeaderValue Basic(string id, string secret) => new(
        "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(id)}:{Uri.EscapeDataString(secret)}")));

    private async Task<TokenAnswer> AskAsync(
        Uri url, List<KeyValuePair<string, string>> form, Func<TokenReply, TokenAnswer> judge,
        CancellationToken cancellationToken)
    {
        if (_credentials is null)
        {
            form.Add(new("client_id", _clientId));
        }

        var started = _time.GetTimestamp();
        for (var failures = 1; ; failures++)
        {
            var answer = await AskOnceAsync(url, form, judge, cancellationToken).ConfigureAwait(false);
            var pause = Longer(_jitter.PauseAfter(failures), answer.Failure?.RetryAfter);
            if (answer.Failure is not { IsTransient: true } || _time.GetElapsedTime(started) + pause > _limit)
            {
                return answer;
            }

            await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<TokenAnswer> AskOnceAsync(
        Uri url, List<KeyValuePair<string, string>> form, Func<TokenReply, TokenAnswer> judge,
        CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_requestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return judge(await PostAsync(url, form, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unknown($"It did not answer within {_requestTimeout.TotalSeconds:0.#} s.", null);
        }
        catch (HttpRequestException failure) when (failure.HttpRequestError is HttpRequestError.ConfigurationLimitExceeded)
        {
            return TokenAnswer.Of(new(ClientErrors.BadAnswer, $"It is longer than {MaxAnswerBytes} bytes."));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return Unknown(null, failure);
        }
    }

    private async Task<TokenReply> PostAsync(
        Uri url, List<KeyValuePair<string, string>> form, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = _credentials;
        request.Headers.Accept.ParseAdd("application/json");
        var asked = _time.GetTimestamp();
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken)
            .ConfigureAwait(false);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);

        // By the clock as it is now: it may have been set while the answer was under way.
        var askedAt = _time.GetUtcNow() - _time.GetElapsedTime(asked);
        return new(response.StatusCode, response.Content.Headers.ContentType?.MediaType, body,
            TokenReply.WaitOf(response.Headers, _time), askedAt);
    }

    private static TokenAnswer Unknown(string? particulars, Exception? cause) =>
        TokenAnswer.Of(new(ClientErrors.Unreachable, particulars, cause) { IsTransient = true });

    private static TimeSpan Longer(TimeSpan one, TimeSpan? other) => other > one ? other.Value : one;
}
