using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Handshaking;

/// <summary>A browser's cookie came from a page of somebody else: 403.</summary>
internal sealed class ForeignOriginException() : SecurityTokenException("The cookie came from a page of another origin.");

/// <summary>
/// Finds the token of a handshake where a browser has to put it, because it can set no header: a cookie, a ticket, and
/// for SignalR's own client the query. On watched routes alone.
/// </summary>
internal sealed class HandshakeTokens(IOptions<VerifierOptions> options, ConnectionTickets tickets)
{
    private const string AccessToken = "access_token";
    private const string Ticket = "ticket";

    private static readonly object FoundKey = new();

    /// <summary>
    /// How many tokens a handshake names, the header's included. With more than one, which of them counts would be
    /// anybody's guess. A cookie does not count: the browser adds it by itself, and whatever was named on purpose goes
    /// before it.
    /// </summary>
    public static int Count(HttpContext context) => !IsWatched(context) || context.Items.ContainsKey(FoundKey) ? 0
        : context.Request.Headers.Authorization.Count + QueryOf(context, AccessToken) + context.Request.Query[Ticket].Count;

    /// <summary>
    /// The token, or null. What stood in the query is taken out of it, so that whoever logs the request from here on
    /// does not log it. Throws <see cref="ForeignOriginException"/>.
    /// </summary>
    public string? Find(HttpContext context)
    {
        if (!IsWatched(context))
        {
            return null;
        }

        // Several schemes may ask; a ticket can be taken once. The cookie is each scheme's own.
        if (!context.Items.TryGetValue(FoundKey, out var found))
        {
            found = new Named(IsNamed(context), Take(context));
            context.Items[FoundKey] = found;
        }

        return found is Named { Is: true } named ? named.Token : FindCookie(context.Request);
    }

    private static bool IsNamed(HttpContext context) =>
        context.Request.Query[Ticket].Count + QueryOf(context, AccessToken) + context.Request.Headers.Authorization.Count > 0;

    private string? Take(HttpContext context)
    {
        var request = context.Request;
        if (QueryParameters.TakeOut(request, Ticket) is { } ticket)
        {
            return tickets.Redeem(ticket);
        }

        return QueryOf(context, AccessToken) > 0 ? QueryParameters.TakeOut(request, AccessToken) : null;
    }

    private string? FindCookie(HttpRequest request)
    {
        if (CookieOf(request) is not { } cookie)
        {
            return null;
        }

        return IsOurs(request) ? cookie : throw new ForeignOriginException();
    }

    private string? CookieOf(HttpRequest request) =>
        options.Value.Connections.Cookie is { Length: > 0 } name ? request.Cookies[name] : null;

    // By Fetch metadata, which no page can forge, then by Origin. A WebSocket always says where it comes from; a
    // same-origin GET of an older browser does not, but a page elsewhere cannot read its answer.
    private bool IsOurs(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site == "same-origin")
        {
            return true;
        }

        if (request.Headers.Origin.Count > 0)
        {
            return IsListed(request.Headers.Origin.ToString(), request);
        }

        return !IsWebSocket(request) && site switch
        {
            "" => true,
            "none" => IsNavigation(request),
            "same-site" or "cross-site" => IsNavigation(request) && IsListed(RefererOf(request), request),
            _ => false,
        };
    }

    // An address that a person typed, or a bookmark, comes from no page at all, and only reads.
    private static bool IsNavigation(HttpRequest request) =>
        (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        && request.Headers["Sec-Fetch-Mode"].ToString() is "" or "navigate";

    private bool IsListed(string? origin, HttpRequest request) =>
        string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase)
        || options.Value.Connections.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    private static string? RefererOf(HttpRequest request) =>
        Uri.TryCreate(request.Headers.Referer.ToString(), UriKind.Absolute, out var page)
            ? page.GetLeftPart(UriPartial.Authority)
            : null;

    // By the request itself: the framework's own word for it may come only later in the pipeline.
    private static bool IsWebSocket(HttpRequest request) => HttpMethods.IsConnect(request.Method)
        || request.Headers.Upgrade.ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    private static int QueryOf(HttpContext context, string name) =>
        context.GetEndpoint()?.Metadata.GetMetadata<HubMetadata>() is null ? 0 : context.Request.Query[name].Count;

    /// <summary>Whether the request names a token on purpose, and which one it came to.</summary>
    private sealed record Named(bool Is, string? Token);

    private static bool IsWatched(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<CloseOnRevocationMetadata>() is not null;
}
