using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Handshaking;

/// <summary>
/// What a connection keeps of the request that opened it. Carried in the request's items: SignalR's long polling copies
/// those to the context that outlives the request, and nothing else of ours.
/// </summary>
/// <param name="Facts">What its token says.</param>
/// <param name="User">Who it is, kept current by renewals.</param>
/// <param name="Freshness">How old the replica may be on this route.</param>
/// <param name="Origin">Where the request came from and went to.</param>
internal sealed record Handshake(TokenFacts Facts, CurrentPrincipal User, TimeSpan Freshness, Origin Origin)
{
    private static readonly object Key = new();

    /// <summary>The handshake of a connection's context; null if its route is not watched.</summary>
    public static Handshake? Of(HttpContext? context) =>
        context?.Items.TryGetValue(Key, out var handshake) is true ? handshake as Handshake : null;

    /// <summary>The handshake of an authenticated request; null if that has no valid token of ours.</summary>
    public static Handshake? Take(HttpContext context, SchemeVerifiers verifiers) =>
        context.Features.Get<IVerdictFeature>() is { Verdict.IsValid: true } found
            ? Put(context, found.Facts, context.User, Origin.Of(context, found.Scheme), verifiers.Of(found.Scheme).Demands)
            : null;

    /// <summary>Makes the holder of a token the user of a request, for as long as its connection lives.</summary>
    public static Handshake Put(HttpContext context, TokenFacts facts, ClaimsPrincipal user, Origin origin, RouteDemands demands)
    {
        var handshake = new Handshake(facts, new(user), demands.For(origin.Endpoint).Freshness, origin);
        context.User = handshake.User;
        context.Items[Key] = handshake;
        return handshake;
    }
}

/// <summary>Where a request came from and went to, without its query, and the scheme that speaks for its token.</summary>
internal sealed record Origin(
    string Authentication, Endpoint? Endpoint, string Scheme, HostString Host, PathString Path, IPAddress? Address)
{
    public static Origin Of(HttpContext context, string authentication) => new(
        authentication, context.GetEndpoint(), context.Request.Scheme, context.Request.Host, context.Request.Path,
        context.Connection.RemoteIpAddress);
}
