using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Endpoints;

/// <summary>
/// The one reader of forms (RFC 6749 section 3.2): repeated parameters are refused, but for the one that may be; unknown ones are ignored.
/// </summary>
internal static class StrictForm
{
    /// <summary>The parameters, or the <c>invalid_request</c> that refuses the form.</summary>
    public static async ValueTask<Result<UrlEncoded>> ReadAsync(HttpRequest request, string? repeatable = null)
    {
        if (!MediaTypes.IsForm(request))
        {
            return Refused(Errors.NotForm);
        }

        if (await RequestBody.ReadAsync(request).ConfigureAwait(false) is not { } body)
        {
            return Refused(Errors.BodyTooLarge);
        }

        if (!UrlEncoded.TryRead(body.Span, out var form, out var fault, repeatable))
        {
            return Refused(Errors.MalformedForm, fault);
        }

        // BT-3: a token in more than one place.
        return form["access_token"] is not null && request.Headers.Authorization.Count > 0
            ? Refused(Errors.SeveralCredentials)
            : Result<UrlEncoded>.Of(form);
    }

    private static Result<UrlEncoded> Refused(Error error, string? specifics = null) =>
        Result<UrlEncoded>.Refused(OAuthError.From(error, "invalid_request", specifics));
}
