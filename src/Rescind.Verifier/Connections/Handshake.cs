using System.Net;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Connections;

/// <summary>
/// What a connection keeps of the request that opened it. Carried in the request's items: SignalR's long polling copies those to the
/// context that outlives the request, and nothing else of ours.
/// </summary>
/// <param name="Facts">What its token says.</param>
/// <param name="Scheme">The scheme that found it valid.</param>
/// <param name="User">Who it is, kept current by renewals.</param>
/// <param name="Freshness">How old the replica may be on this route.</param>
/// <param name="Endpoint">The route.</param>
/// <param name="Origin">Where the request came from and went to.</param>
internal sealed record Handshake(
    TokenFacts Facts, string Scheme, CurrentPrincipal User, TimeSpan Freshness, Endpoint? Endpoint, Origin Origin)
{
    private static readonly object Key = new();

    /// <summary>The handshake of a connection's context; null if its route is not watched.</summary>
    public static Handshake? Of(HttpContext? context) =>
        context?.Items.TryGetValue(Key, out var handshake) is true ? handshake as Handshake : null;

    /// <summary>Takes the handshake from an authenticated request, which from here on has its user; null without a valid token of ours.</summary>
    public static Handshake? Take(HttpContext context, RouteDemands demands)
    {
        if (context.Features.Get<IVerdictFeature>() is not { Verdict.IsValid: true } found)
        {
            return null;
        }

        var (endpoint, request) = (context.GetEndpoint(), context.Request);
        var origin = new Origin(request.Scheme, request.Host, request.Path, context.Connection.RemoteIpAddress);
        var handshake = new Handshake(found.Facts, found.Scheme, new(context.User), demands.For(endpoint).Freshness, endpoint, origin);
        context.User = handshake.User;
        context.Items[Key] = handshake;
        return handshake;
    }
}

/// <summary>Where a request came from and went to, without its query.</summary>
internal sealed record Origin(string Scheme, HostString Host, PathString Path, IPAddress? Address);
