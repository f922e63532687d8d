using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// 503 and <c>Retry-After</c> for a token of which nobody can tell now whether it was revoked: a 401, or a way to the
/// login page, would make clients refresh or log out (BT-9). Once it is given it stands, whatever other schemes or
/// middleware write to the same response. One for each request that has such a token.
/// </summary>
internal sealed class UnknownAnswer
{
    /// <summary>When to ask again at the earliest: a feed that comes back is followed within about a second.</summary>
    private static readonly TimeSpan ShortestRetry = TimeSpan.FromSeconds(1);

    // The problem (RFC 9457). The texts of the error are characters that JSON takes as they are.
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        $$"""{"type":"urn:rescind:error:{{Why.Code}}","title":"{{Why.Title}}","status":503,"""
        + $$"""
            "detail":"{{Why.NextStep}}","code":"{{Why.Code}}","docs":"{{Why.Docs}}"}
            """);

    private static Error Why => VerifierErrors.VerdictUnknown;

    private readonly HashSet<string> _schemes = [];
    private KeyValuePair<string, StringValues>[]? _headers;
    private TimeSpan _retryAfter = ShortestRetry;
    private bool _isGiven;

    /// <summary>
    /// Notes that a scheme cannot tell, and will not before <paramref name="retryAfter"/>; zero where that is not
    /// known.
    /// </summary>
    public static void Note(HttpContext context, string scheme, TimeSpan retryAfter)
    {
        var answer = Of(context) ?? new();
        answer._schemes.Add(scheme);
        answer._retryAfter = retryAfter > answer._retryAfter ? retryAfter : answer._retryAfter;
        context.Features.Set(answer);
    }

    /// <summary>The answer of a request that has such a token; null for all others.</summary>
    public static UnknownAnswer? Of(HttpContext context) => context.Features.Get<UnknownAnswer>();

    /// <summary>Whether the request is answered by it.</summary>
    public static bool IsGiven(HttpContext context) => Of(context)?._isGiven is true;

    /// <summary>Whether one of these schemes cannot tell.</summary>
    public bool IsOneOf(IEnumerable<string> schemes) => _schemes.Overlaps(schemes);

    /// <summary>Keeps the headers as they are before another scheme writes to them.</summary>
    public void Remember(HttpResponse response) => _headers ??= [.. response.Headers];

    /// <summary>Answers the request. What anybody else writes to the response from now on is lost.</summary>
    public void Give(HttpContext context)
    {
        var response = context.Response;
        if (_isGiven || response.HasStarted)
        {
            return;
        }

        _isGiven = true;
        Remember(response);
        WriteHead(response);
        response.Body = Stream.Null;
        response.OnStarting(
            static state =>
            {
                var (answer, response) = ((UnknownAnswer, HttpResponse))state;
                answer.WriteHead(response);
                return Task.CompletedTask;
            },
            (this, response));
    }

    /// <summary>Sends the answer to <paramref name="body"/>, which is the server's own.</summary>
    public Task SendAsync(HttpContext context, IHttpResponseBodyFeature body)
    {
        if (context.Response.HasStarted)
        {
            return Task.CompletedTask;
        }

        context.Features.Set(body);
        WriteHead(context.Response);
        return context.Response.Body.WriteAsync(Body).AsTask();
    }

    private void WriteHead(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.Clear();
        foreach (var header in _headers!)
        {
            response.Headers[header.Key] = header.Value;
        }

        response.Headers.Remove(HeaderNames.WWWAuthenticate);
        response.Headers.RetryAfter = Math.Ceiling(_retryAfter.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/problem+json";
        response.ContentLength = Body.Length;
    }
}
