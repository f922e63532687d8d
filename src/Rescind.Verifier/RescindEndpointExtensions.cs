using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier;
using Rescind.Verifier.Connections.Endpoints;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Handshaking;

namespace Microsoft.AspNetCore.Builder;

/// <summary>
/// What a route may demand of the verifier. Every method but <see cref="MapConnectionTickets"/> adds to the route, or
/// to every route of the group, that it is called on, and returns the same builder.
/// </summary>
public static class RescindEndpointExtensions
{
    /// <summary>
    /// Takes verdicts on this route only from a replica that is at most <paramref name="maxStaleness"/> old; an older
    /// one does what <see cref="VerifierOptions.WhenStale"/> says. Of several on one route the smallest counts.
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    /// <param name="maxStaleness">
    /// Above 1 ms, at most 60 s; otherwise <see cref="ArgumentOutOfRangeException"/> is thrown. More than
    /// <see cref="VerifierOptions.MaxStaleness"/> refuses to start (RSC3009).
    /// </param>
    public static TBuilder RequireFreshness<TBuilder>(this TBuilder builder, TimeSpan maxStaleness)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireFreshnessAttribute(maxStaleness.TotalSeconds));

    /// <summary>
    /// Takes verdicts on this route only from a replica that is at most <paramref name="maxStaleness"/> old, and says
    /// what to do here when it is older.
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    /// <param name="maxStaleness">
    /// Above 1 ms, at most 60 s; otherwise <see cref="ArgumentOutOfRangeException"/> is thrown. More than
    /// <see cref="VerifierOptions.MaxStaleness"/> refuses to start (RSC3009).
    /// </param>
    /// <param name="whenStale">
    /// In place of <see cref="VerifierOptions.WhenStale"/>. <see cref="StaleAction.Introspect"/> refuses to start where
    /// the Authority's URL is not set (RSC3010).
    /// </param>
    public static TBuilder RequireFreshness<TBuilder>(this TBuilder builder, TimeSpan maxStaleness, StaleAction whenStale)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireFreshnessAttribute(maxStaleness.TotalSeconds, whenStale));

    /// <summary>
    /// Demands that the login behind the token was at most <paramref name="maxAge"/> ago and, if there are any, that it
    /// shows one of <paramref name="acr"/>; otherwise 401 <c>insufficient_user_authentication</c> (RFC 9470 section 3).
    /// At least one of the two is given, otherwise <see cref="ArgumentOutOfRangeException"/> is thrown. Of several on
    /// one route each must be met. Refuses to start on a route that lets anybody in (RSC3011).
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    /// <param name="maxAge">
    /// At least 1 s, counted in whole seconds, otherwise <see cref="ArgumentOutOfRangeException"/> is thrown; null if
    /// the age does not matter.
    /// </param>
    /// <param name="acr">
    /// Values of the claim <c>acr</c>, the preferred first; any one suffices. Each is ASCII without blanks, quotes and
    /// backslashes, otherwise <see cref="ArgumentException"/> is thrown.
    /// </param>
    public static TBuilder RequireStepUp<TBuilder>(this TBuilder builder, TimeSpan? maxAge, params string[] acr)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(maxAge is { TotalSeconds: var seconds }
            ? new RequireStepUpAttribute((int)Math.Min(seconds, int.MaxValue), acr)
            : new RequireStepUpAttribute(acr));

    /// <summary>
    /// Asks the Authority about every token on this route (RFC 7662), once the replica has found it valid. No answer
    /// within two seconds is 503; so is a token of another issuer. Refuses to start on a route that lets anybody in
    /// (RSC3011), and without the Authority's URL (RSC3010).
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    public static TBuilder RequireIntrospection<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireIntrospectionAttribute());

    /// <summary>
    /// Watches the connections of this route: a hub, a WebSocket, server-sent events, a gRPC stream or any other
    /// answer. One is closed as soon as its token is taken back or has ended, nothing is delivered on it from the
    /// moment that the verifier knows, and it can take a new token without connecting again.
    /// <see cref="VerifierOptions.Connections"/> has the limits. Somebody who was let in without a token to watch is
    /// 401 (RSC3403). Refuses to start on a route that lets anybody in (RSC3402), and on an endpoint that handles no
    /// requests by itself (RSC3404). A second call changes nothing.
    /// </summary>
    /// <param name="builder">
    /// The route or the group: what <c>MapHub</c>, <c>Map</c>, <c>MapGet</c> and others returned.
    /// </param>
    public static TBuilder CloseOnRevocation<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Add(static endpoint =>
        {
            if (endpoint.Metadata.OfType<CloseOnRevocationMetadata>().Any())
            {
                return;
            }

            var next = endpoint.RequestDelegate
                ?? throw VerifierErrors.NothingToStandAround.ToException($"It is {endpoint.DisplayName}.");
            endpoint.Metadata.Add(new CloseOnRevocationMetadata());
            endpoint.RequestDelegate = context =>
                context.RequestServices.GetRequiredService<WatchedEndpoint>().RunAsync(context, next);
        });
        return builder;
    }

    /// <summary>
    /// Watches the WebSockets of this route as <see cref="CloseOnRevocation{TBuilder}"/> does, and lets one that came
    /// without a token bring it as its first message, <c>rescind:token eyJ...</c>, of at most 32 KiB, within five
    /// seconds. The route itself has no <c>RequireAuthorization()</c>: the app gets a socket, and
    /// <c>HttpContext.User</c> is somebody, only once the token was found valid by the default scheme. Otherwise the
    /// socket is closed: 4408 without a message in time, 4401 for one that is no valid token, 1013 while that cannot be
    /// told or 512 others are waited for. What the app answers without a token is replaced by 401. Refuses to start
    /// without a default scheme (RSC3014).
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    public static TBuilder TakeTokenFromFirstMessage<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.CloseOnRevocation().WithMetadata(new FirstMessageMetadata());

    /// <summary>
    /// Maps a POST that gives whoever shows a valid token in the header a ticket for one handshake on a watched route
    /// of this process: <c>{"ticket": "...", "expires_in": 30}</c>, good for that many seconds and to be sent as the
    /// query parameter <c>ticket</c>. For browsers, whose WebSockets and event streams can set no header, and because a
    /// URL is logged and must not hold a token. 401 without a valid token; 503 with <c>Retry-After</c> while 10,000
    /// tickets are out. An app may map several, each with policies of its own; refuses to start with two under one path
    /// (RSC3405).
    /// </summary>
    /// <param name="endpoints">The app or the group.</param>
    /// <param name="pattern">The path.</param>
    /// <returns>The route, which demands a login already, for policies and whatever else is the app's.</returns>
    public static IEndpointConventionBuilder MapConnectionTickets(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapPost(pattern, TicketEndpoint.AnswerAsync).RequireAuthorization().WithMetadata(new TicketMetadata());
    }
}
