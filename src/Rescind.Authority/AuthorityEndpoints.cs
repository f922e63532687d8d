using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority;
using Rescind.Authority.Http.Access;
using Rescind.Authority.Http.Routes.Admin;
using Rescind.Authority.Http.Routes.Browser;
using Rescind.Authority.Http.Routes.Description;
using Rescind.Authority.Http.Routes.Feed;
using Rescind.Authority.Http.Routes.Me;
using Rescind.Authority.Http.Routes.OAuth;
using Rescind.Authority.Http.Routes.Revocations;
using Rescind.Authority.Http.Routes.Sessions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the Authority's endpoints.</summary>
public static class AuthorityEndpoints
{
    /// <summary>
    /// Maps everything under <paramref name="prefix"/>, which is the path of the issuer: <c>/token</c>, <c>/revoke</c>,
    /// <c>/introspect</c>, <c>/v1</c>, <c>/me</c>, <c>/browser</c>, keys, metadata and health, and on the root the
    /// metadata of an issuer with a path (RFC 8414 section 3). Throws if a route does not say who may call it.
    /// </summary>
    /// <remarks>
    /// The routes have rules of their own: a fallback policy, output cache, HTTP log and time limit that the
    /// application sets for everything do not reach them. What is asked of the returned builder or of a group around
    /// it, <c>RequireAuthorization</c> above all, holds beside those rules, on every one of the routes.
    /// </remarks>
    public static IEndpointConventionBuilder MapRescind(this IEndpointRouteBuilder routes, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(prefix);
        routes.ServiceProvider.GetRequiredService<DevelopmentIssuer>().MappedAt(prefix, isInGroup: routes is RouteGroupBuilder);
        var gate = routes.ServiceProvider.GetRequiredService<Gate>();
        var group = routes.MapGroup(prefix);
        IntrospectionEndpoint.Map(group);
        MetadataEndpoint.Map(group);
        SessionsEndpoint.Map(group);
        RevocationsEndpoint.Map(group);
        BackChannelLogoutEndpoint.Map(group);
        GlobalRevocationEndpoint.Map(group);
        FeedEndpoint.Map(group);
        SnapshotEndpoint.Map(group);
        VerifiersEndpoint.Map(group);
        DrillEndpoint.Map(group);
        KeysEndpoint.Map(group);
        IssuersEndpoint.Map(group);
        ClientsEndpoint.Map(group);
        AuditEndpoint.Map(group);
        BackupEndpoint.Map(group);
        BrowserEndpoint.Map(group);
        HealthEndpoint.Map(group);
        OpenApiEndpoint.Map(group);
        MapForBrowsers(group.MapGroup(""));
        ((IEndpointConventionBuilder)group).Finally(gate.Install);
        var root = routes.MapGroup("");
        MetadataEndpoint.MapAtRoot(root);
        ((IEndpointConventionBuilder)root).Finally(gate.Install);
        return new MappedRoutes(group, root);
    }

    /// <summary>
    /// Shows the Authority's routes in the application's own API description (<c>AddOpenApi</c>), where they are left
    /// out by default. Called on what <see cref="MapRescind"/> returned. <c>/openapi/v1.json</c> beneath the prefix
    /// describes them in full in any case.
    /// </summary>
    public static TBuilder IncludeInDescription<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new IncludedInDescription());

    private static void MapForBrowsers(RouteGroupBuilder group)
    {
        group.WithMetadata(new CrossOrigin());
        TokenEndpoint.Map(group);
        RevocationEndpoint.Map(group);
        MeEndpoint.Map(group);
        CrossOrigin.MapPreflight(group);
    }

    /// <summary>What the application asks of our routes is asked of those under the prefix and of those on the root.</summary>
    private sealed class MappedRoutes(params IEndpointConventionBuilder[] groups) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => Array.ForEach(groups, group => group.Add(convention));

        public void Finally(Action<EndpointBuilder> finallyConvention) =>
            Array.ForEach(groups, group => group.Finally(finallyConvention));
    }
}
