using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR;

namespace Rescind.Verifier.Connections.Hubs;

/// <summary>What the requests of a watched hub may carry in their query, and nobody else's.</summary>
internal static class HubRequests
{
    private const string AccessToken = "access_token";
    private const string StatefulReconnect = "useStatefulReconnect";

    private static readonly object TokenKey = new();

    /// <summary>
    /// The token that a browser's client puts in the query, because it cannot set a header there. It is taken out, so that whoever logs the
    /// request from here on does not log a token.
    /// </summary>
    public static string? TakeToken(HttpContext context)
    {
        if (!IsWatchedHub(context))
        {
            return null;
        }

        if (context.Request.Query.TryGetValue(AccessToken, out var token))
        {
            context.Items[TokenKey] = token.ToString();
            TakeOut(context.Request, AccessToken);
        }

        return context.Items.TryGetValue(TokenKey, out var taken) ? taken as string : null;
    }

    /// <summary>Whether a hub's request names a token more than once: which of them counts would be anybody's guess.</summary>
    public static bool HasSeveralTokens(HttpContext context) => IsWatchedHub(context)
        && context.Request.Query[AccessToken].Count + context.Request.Headers.Authorization.Count > 1;

    /// <summary>
    /// Takes the wish for a stateful reconnect out of a request: such a connection goes on over another transport, round our gate. The
    /// client is told that there is none, and reconnects as usual.
    /// </summary>
    public static void Prepare(HttpRequest request) => TakeOut(request, StatefulReconnect);

    private static bool IsWatchedHub(HttpContext context) => context.GetEndpoint()?.Metadata is { } metadata
        && metadata.GetMetadata<CloseOnRevocationMetadata>() is not null && metadata.GetMetadata<HubMetadata>() is not null;

    private static void TakeOut(HttpRequest request, string name)
    {
        if (request.Query.ContainsKey(name))
        {
            request.QueryString = QueryString.Create(
                request.Query.Where(parameter => !parameter.Key.Equals(name, StringComparison.OrdinalIgnoreCase)));
        }
    }
}
