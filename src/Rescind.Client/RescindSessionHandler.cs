using System.Net;
using System.Net.Http.Headers;
using Rescind.Client.Diagnostics;
using Rescind.Client.Refreshing;
using Rescind.Client.Requests;

namespace Rescind.Client;

/// <summary>
/// Makes the calls of an HttpClient with a session's access token. A call that is answered 401 <c>invalid_token</c> is repeated
/// with a new token; one that is answered 503 and Retry-After waits, if its method is idempotent. Every other answer is the
/// caller's: also 401 <c>insufficient_user_authentication</c>, which no refresh can cure (<see cref="LoginDemand"/> reads
/// it). Throws <see cref="SessionException"/> if no token can be had; the request was not sent then, or was refused. A call
/// belongs to the login that there is when it is made: it is not sent for another one that comes while it waits.
/// </summary>
/// <remarks>
/// Requests to other origins than <see cref="RescindSessionOptions.Origins"/>, and requests that carry an Authorization header
/// already, are passed on as they are; but if such a one is refused that carries the session's own token,
/// <see cref="RescindSession.GetAccessTokenAsync"/> gives another one from then on. .NET's own handlers take the token
/// off before they follow a redirect. The token is sent with a copy of the request: a handler outside this one that
/// sends the same request again, for a retry or a hedge, gets the token of that moment.
/// </remarks>
public sealed class RescindSessionHandler : DelegatingHandler
{
    private readonly RescindSession _session;

    /// <summary>A handler in a chain that somebody else puts together, an <c>IHttpClientFactory</c> perhaps.</summary>
    public RescindSessionHandler(RescindSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        _session = session;
    }

    /// <summary>
    /// A handler over <paramref name="innerHandler"/>, for an HttpClient made by hand. The session is not disposed with it.
    /// </summary>
    public RescindSessionHandler(RescindSession session, HttpMessageHandler innerHandler)
        : this(session) => InnerHandler = innerHandler;

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!NeedsToken(request))
        {
            return await PassOnAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var login = await _session.EnterAsync(cancellationToken).ConfigureAwait(false);
        var body = await CallBody.OfAsync(request, _session.MaxBufferedBytes, cancellationToken).ConfigureAwait(false);
        var call = new ProtectedCall(request, body);
        var active = await _session.TakeAsync(login, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var response = await SendAsync(call.Begin(), active, cancellationToken).ConfigureAwait(false);
            if (await NextAsync(call, login, active, response, cancellationToken).ConfigureAwait(false) is not { } next)
            {
                return response;
            }

            response.Dispose();
            active = next;
        }
    }

    // The tokens to repeat the call with; null if the answer stands. What one person asked for is not repeated in the
    // name of another.
    private async ValueTask<ActiveTokens?> NextAsync(
        ProtectedCall call, CallLogin login, ActiveTokens active, HttpResponseMessage response,
        CancellationToken cancellationToken)
    {
        try
        {
            return await IsToBeRepeatedAsync(call, active, response, cancellationToken).ConfigureAwait(false)
                ? await _session.TryTakeAsync(login, cancellationToken).ConfigureAwait(false)
                : null;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Not supported for protected calls: a token may have to be waited for. Throws
    /// <see cref="NotSupportedException"/>.
    /// </summary>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return NeedsToken(request)
            ? throw new NotSupportedException(
                "A protected call may have to wait for a token: use the asynchronous methods of HttpClient.")
            : base.Send(request, cancellationToken);
    }

    // As it is. It may carry a token that was asked for at the session, as a hub connection's requests do: then the
    // session hears of a refusal.
    private async Task<HttpResponseMessage> PassOnAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var own = _session.Origins.Contains(request.RequestUri) ? request.Headers.Authorization?.Parameter : null;
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (own is not null && response.StatusCode is HttpStatusCode.Unauthorized && BearerChallenges.SayInvalidToken(response))
        {
            _session.Refuse(own);
        }

        return response;
    }

    // Off again whatever comes of it: the caller finds this request in the response, and may make the next one from it.
    private async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, ActiveTokens active, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new("Bearer", active.Tokens.AccessToken);
        try
        {
            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.Headers.Authorization = null;
        }
    }

    // The caller's own counts also where it is none that .NET can parse.
    private bool NeedsToken(HttpRequestMessage request) =>
        !request.Headers.NonValidated.Contains("Authorization") && _session.Origins.Contains(request.RequestUri);

    private async ValueTask<bool> IsToBeRepeatedAsync(
        ProtectedCall call, ActiveTokens active, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // A redirect that was followed led to somebody who never saw the token, and has changed the request.
        if (call.WasRedirected)
        {
            return false;
        }

        if (response.StatusCode is HttpStatusCode.Unauthorized && BearerChallenges.SayInvalidToken(response))
        {
            return Renew(call, active);
        }

        return response.StatusCode is HttpStatusCode.ServiceUnavailable
            && await WaitAsync(call, response, cancellationToken).ConfigureAwait(false);
    }

    private bool Renew(ProtectedCall call, ActiveTokens active)
    {
        if (call.IsHopeless(active))
        {
            _session.Refusals.Begin(call.Host);
            ClientLog.RefusedAgain(_session.Logger, call.Host);
            return false;
        }

        // Where a call before has met it already, there is or will be a newer one.
        if (!active.IsRetired)
        {
            if (_session.Refusals.IsPausing(call.Host))
            {
                return false;
            }

            // The next call must not use it either, even if this one cannot be repeated and so cannot tell whether a
            // new one helps.
            active.Retire();
            ClientLog.Refused(_session.Logger, call.Host);
            if (!call.IsRepeatable)
            {
                _session.Refusals.Begin(call.Host);
            }
        }

        call.Renewals++;
        return call.IsRepeatable;
    }

    private async ValueTask<bool> WaitAsync(ProtectedCall call, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!call.IsRepeatable || !call.IsIdempotent || TokenReply.WaitOf(response.Headers, _session.Time) is not { } asked)
        {
            return false;
        }

        var wait = _session.Jitter.Spread(asked);
        if (call.Waited + wait > _session.UnavailableLimit)
        {
            return false;
        }

        call.Waited += wait;
        await Task.Delay(wait, _session.Time, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
