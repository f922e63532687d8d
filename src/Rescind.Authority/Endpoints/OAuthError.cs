using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Endpoints;

/// <summary>
/// An error of <c>/token</c>, <c>/revoke</c>, <c>/introspect</c> (RFC 6749 section 5.2, RFC 7009, RFC 7662) and <c>/backchannel-logout</c>.
/// </summary>
internal sealed class OAuthError(int status, string error, string description) : IResult
{
    /// <summary>How long a caller should wait after <c>temporarily_unavailable</c>, in seconds.</summary>
    public const int UnavailableRetrySeconds = 1;

    public int Status { get; } = status;

    public string Error { get; } = error;

    public string Description { get; } = description;

    /// <summary>Why a genuine refresh token was refused: <c>ended reused expired blocked</c>.</summary>
    public string? Reason { get; init; }

    /// <summary>The revocation that explains it; the default if there is none.</summary>
    public LogPosition Explanation { get; init; }

    /// <summary>Our own number, where the failure is one of reading the request.</summary>
    public string? Code { get; init; }

    /// <summary>The <c>WWW-Authenticate</c> of a 401 or 403.</summary>
    public string? Challenge { get; init; }

    public int? RetryAfterSeconds { get; init; }

    public static OAuthError InvalidRequest(string description) => new(400, "invalid_request", description);

    public static OAuthError Unavailable() => new(503, "temporarily_unavailable", "The outcome is not known. Repeat the same request.")
    {
        RetryAfterSeconds = UnavailableRetrySeconds,
    };

    /// <summary>The OAuth form of a failure that has a number.</summary>
    public static OAuthError From(Error error, string oauthError, string? specifics = null) =>
        new(error.Status, oauthError, specifics ?? error.Title) { Code = error.Code };

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.WWWAuthenticate = Challenge;
        response.Headers.RetryAfter = RetryAfterSeconds?.ToString(CultureInfo.InvariantCulture);
        var body = new OAuthErrorBody(
            Error, Printable(Description), Reason, Explanation.Value == 0 ? null : Explanation.ToRevocationId(), Code);
        return JsonSerializer.SerializeAsync(response.Body, body, ErrorJson.Default.OAuthErrorBody, httpContext.RequestAborted);
    }

    // BT-5: ASCII without quote and backslash; a description may quote what the caller sent.
    internal static string Printable(string text) => string.Create(text.Length, text, static (destination, source) =>
    {
        for (var i = 0; i < source.Length; i++)
        {
            destination[i] = source[i] is >= ' ' and <= '~' and not '"' and not '\\' ? source[i] : '?';
        }
    });
}

internal sealed record OAuthErrorBody(string Error, string ErrorDescription, string? Reason, string? Explanation, string? Code);
