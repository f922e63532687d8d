using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// An error of <c>/token</c>, <c>/revoke</c>, <c>/introspect</c> (RFC 6749 section 5.2, RFC 7009, RFC 7662) and
/// <c>/backchannel-logout</c>.
/// </summary>
internal sealed class OAuthError(OAuthRefusal refusal) : IResult
{
    public OAuthRefusal Refusal { get; } = refusal;

    /// <summary>The <c>WWW-Authenticate</c> of a 401 or 403.</summary>
    public string? Challenge { get; init; }

    public static OAuthError InvalidRequest(string description) => new(OAuthRefusal.InvalidRequest(description));

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        httpContext.RequestServices.GetService<AuthorityMetrics>()?.Refused(Refusal.Code ?? Refusal.Error);
        response.StatusCode = Refusal.Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers.WWWAuthenticate = Challenge;
        response.Headers.RetryAfter = Refusal.RetryAfterSeconds?.ToString(CultureInfo.InvariantCulture);
        var body = new OAuthErrorBody(Refusal.Error, Printable(Refusal.Description), Refusal.Reason,
            Refusal.Explanation.Value == 0 ? null : Refusal.Explanation.ToRevocationId(), Refusal.Code);
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
