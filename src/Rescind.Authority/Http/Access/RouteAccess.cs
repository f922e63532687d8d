using Microsoft.AspNetCore.Builder;
using Rescind.Authority.Clients;

namespace Rescind.Authority.Http.Access;

internal enum AccessKind : byte
{
    /// <summary>Nobody declared anything: the route does not start.</summary>
    None = 0,

    /// <summary>Anybody: health, keys, metadata.</summary>
    Anonymous = 1,

    /// <summary>An API client's bearer token with one of <see cref="RouteAccess.Scopes"/>.</summary>
    Scope = 2,

    /// <summary>A person's own live access token that has our issuer among its audiences.</summary>
    OwnToken = 3,

    /// <summary>
    /// Any access token of a session of ours, expired ones too: enough to end that session, never to act (T-44).
    /// </summary>
    OwnTokenEvenExpired = 4,

    /// <summary>
    /// Client authentication of RFC 6749 in header or form, done by the endpoint, which reads the form; errors are
    /// those of OAuth.
    /// </summary>
    Client = 5,

    /// <summary>
    /// A logout token in the form, verified by the endpoint: whoever brings it, its issuer speaks. Errors are those of OAuth.
    /// </summary>
    LogoutToken = 6,

    /// <summary>
    /// A page of our own origin (<see cref="SameOriginPolicy"/>): what it sends by cookie is judged by the endpoint.
    /// </summary>
    OwnPage = 7,
}

/// <summary>
/// Who may call a route: metadata that every route carries, enforced by <see cref="Gate"/> before anything of the body is read.
/// </summary>
internal sealed record RouteAccess(AccessKind Kind, IReadOnlyList<string> Scopes)
{
    /// <summary>Whether the endpoint looks at the credentials by itself, because they are in the body.</summary>
    public bool IsInBody => Kind is AccessKind.Client or AccessKind.LogoutToken;

    /// <summary>Whether the credential is an access token in the header.</summary>
    public bool IsBearer => Kind is AccessKind.Scope or AccessKind.OwnToken or AccessKind.OwnTokenEvenExpired;

    public override string ToString() => Kind is AccessKind.Scope ? string.Join(" or ", Scopes) : Kind.ToString();
}

/// <summary>Declares who may call a route.</summary>
internal static class AccessConventions
{
    /// <summary>Nothing is asked of the caller.</summary>
    public static TBuilder AllowAnyone<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.Anonymous);

    /// <summary>An API client with one of <paramref name="anyOf"/>, or with <c>admin</c>.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder route, params string[] anyOf)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.Scope, anyOf);

    /// <summary>A person's own access token.</summary>
    public static TBuilder RequireOwnToken<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.OwnToken);

    /// <summary>A person's own access token, an expired one too.</summary>
    public static TBuilder RequireOwnTokenEvenExpired<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.OwnTokenEvenExpired);

    /// <summary>The endpoint authenticates the client by header or form, and answers in the words of OAuth.</summary>
    public static TBuilder RequireClient<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.Client);

    /// <summary>The endpoint verifies a logout token of a registered issuer, and answers in the words of OAuth.</summary>
    public static TBuilder RequireLogoutToken<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.LogoutToken);

    /// <summary>A page of our own origin, whose cookie the endpoint reads.</summary>
    public static TBuilder RequireOwnPage<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.With(AccessKind.OwnPage);

    private static TBuilder With<TBuilder>(this TBuilder route, AccessKind kind, params string[] scopes)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new RouteAccess(kind, scopes));
}
