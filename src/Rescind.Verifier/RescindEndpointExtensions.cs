using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Verifier;
using Rescind.Verifier.Connections.Endpoints;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Handshaking;

namespace Microsoft.AspNetCore.Builder;

/// <summary>What a route may demand of the verifier.</summary>
public static class RescindEndpointExtensions
{
    /// <summary>
    /// Takes verdicts on this route only from a replica that is at most <paramref name="maxStaleness"/> old; an older
    /// one does what <see cref="VerifierOptions.WhenStale"/> says. Above 1 ms, at most
    /// <see cref="VerifierOptions.MaxStaleness"/>: more refuses to start.
    /// </summary>
    public static TBuilder RequireFreshness<TBuilder>(this TBuilder builder, TimeSpan maxStaleness)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireFreshnessAttribute(maxStaleness.TotalSeconds));

    /// <summary>The same, and says what to do on this route when the replica is older.</summary>
    public static TBuilder RequireFreshness<TBuilder>(this TBuilder builder, TimeSpan maxStaleness, StaleAction whenStale)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireFreshnessAttribute(maxStaleness.TotalSeconds, whenStale));

    /// <summary>
    /// Demands that the login behind the token was at most <paramref name="maxAge"/> ago and, if there are any, that it
    /// shows one of <paramref name="acr"/>; otherwise 401 <c>insufficient_user_authentication</c> (RFC 9470). At least
    /// one of the two is given.
    /// </summary>
    /// <param name="builder">The route or the group.</param>
    /// <param name="maxAge">At least 1 s, counted in whole seconds; null if the age does not matter.</param>
    /// <param name="acr">Values of the claim <c>acr</c>, the preferred first; any one suffices.</param>
    public static TBuilder RequireStepUp<TBuilder>(this TBuilder builder, TimeSpan? maxAge, params string[] acr)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(maxAge is { TotalSeconds: var seconds }
            ? new RequireStepUpAttribute((int)Math.Min(seconds, int.MaxValue), acr)
            : new RequireStepUpAttribute(acr));

    /// <summary>
    /// Asks the Authority about every token on this route (RFC 7662), once the replica has found it valid. No answer is
    /// 503; so is a token of another issuer.
    /// </summary>
    public static TBuilder RequireIntrospection<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new RequireIntrospectionAttribute());

    /// <summary>
    /// Watches the connections of this route: a hub, a WebSocket, server-sent events, a gRPC stream or any other
    /// answer. One is closed as soon as its token is taken back or has ended, nothing is delivered on it from the
    /// moment that the verifier knows, and it can take a new token without connecting again. Refuses to start on a
    /// route that lets anybody in.
    /// </summary>
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
                ?? throw new InvalidOperationException(
                    VerifierErrors.NothingToStandAround.Sentence($"It is {endpoint.DisplayName}."));
            endpoint.Metadata.Add(new CloseOnRevocationMetadata());
            endpoint.RequestDelegate = context =>
                context.RequestServices.GetRequiredService<WatchedEndpoint>().RunAsync(context, next);
        });
        return builder;
    }

    /// <summary>
    /// Watches the WebSockets of this route as <see cref="CloseOnRevocation{TBuilder}"/> does, and lets one that came
    /// without a token bring it as its first message, <c>rescind:token eyJ...</c>, within five seconds. The route
    /// itself has no <c>RequireAuthorization()</c>: the app gets a socket, and <c>HttpContext.User</c> is somebody,
    /// only once the token was found valid by the default scheme.
    /// </summary>
    public static TBuilder TakeTokenFromFirstMessage<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.CloseOnRevocation().WithMetadata(new FirstMessageMetadata());

    /// <summary>
    /// Maps a POST that gives whoever shows a valid token a ticket for one handshake on a watched route of this
    /// process: <c>{"ticket": "...", "expires_in": 30}</c>, to be sent as the query parameter <c>ticket</c>. For
    /// browsers, whose WebSockets and event streams can set no header, and because a URL is logged and must not hold a
    /// token. An app may map several, each with policies of its own; refuses to start with two under one path.
    /// </summary>
    /// <param name="endpoints">The app or the group.</param>
    /// <param name="pattern">The path.</param>
    public static IEndpointConventionBuilder MapConnectionTickets(this IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        return endpoints.MapPost(pattern, TicketEndpoint.AnswerAsync).RequireAuthorization().WithMetadata(new TicketMetadata());
    }
}
