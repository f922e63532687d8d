using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Http.Output;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// Whether a request that a cookie authenticates comes from a page of our own origin: by Fetch metadata, which no page
/// can forge, and where a browser sends none by <c>Origin</c>, then <c>Referer</c> (CS-1, CS-2). A request that says
/// nothing of its origin is refused.
/// </summary>
internal sealed class SameOriginPolicy(IOptions<AuthorityOptions> options)
{
    private const string FetchSite = "Sec-Fetch-Site";

    /// <summary>Null if the request may go on.</summary>
    public Problem? Authorize(HttpContext context)
    {
        context.Response.Headers.Append(HeaderNames.Vary, FetchSite);
        return IsOwn(context.Request.Headers) ? null : Errors.ForeignPage.Problem();
    }

    // A word that is none of the four is no word (CS-4).
    private bool IsOwn(IHeaderDictionary headers) => headers[FetchSite] switch
    {
        ["same-origin"] => true,
        ["same-site" or "cross-site" or "none"] => false,
        _ => headers.Origin switch
        {
            [var origin] => origin == Origin,
            [] => headers.Referer is [var page] && Uri.TryCreate(page, UriKind.Absolute, out var url) && OriginOf(url) == Origin,
            _ => false,
        },
    };

    private string Origin => OriginOf(new(options.Value.Issuer!));

    private static string OriginOf(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
