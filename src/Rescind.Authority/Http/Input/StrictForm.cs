using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Http.Input;

/// <summary>
/// The one reader of forms (RFC 6749 section 3.2): repeated parameters are refused, but for the one that may be;
/// unknown ones are ignored.
/// </summary>
internal static class StrictForm
{
    /// <summary>The parameters, or the 400, 413 or 415 that refuses the form.</summary>
    public static async ValueTask<Result<UrlEncoded>> ReadAsync(HttpRequest request, string? repeatable = null)
    {
        if (!MediaTypes.IsForm(request))
        {
            return Result<UrlEncoded>.Refused(Errors.NotForm.Refusal());
        }

        if (await RequestBody.ReadAsync(request).ConfigureAwait(false) is not { } body)
        {
            return Result<UrlEncoded>.Refused(Errors.BodyTooLarge.Refusal());
        }

        if (!UrlEncoded.TryRead(body.Span, out var form, out var fault, repeatable))
        {
            return Result<UrlEncoded>.Refused(Errors.MalformedForm.Refusal(fault));
        }

        // BT-3: a token in more than one place.
        return form["access_token"] is not null && request.Headers.Authorization.Count > 0
            ? Result<UrlEncoded>.Refused(Errors.SeveralCredentials.Refusal())
            : Result<UrlEncoded>.Of(form);
    }
}
