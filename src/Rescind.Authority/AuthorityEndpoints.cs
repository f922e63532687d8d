using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Rescind.Authority;
using Rescind.Authority.Endpoints;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the Authority's endpoints.</summary>
public static class AuthorityEndpoints
{
    /// <summary>
    /// Maps everything under <paramref name="prefix"/>, which is the path of the issuer: <c>/token</c>, <c>/revoke</c>, <c>/introspect</c>,
    /// <c>/v1</c>, <c>/me</c>, <c>/browser</c>, keys, metadata and health. Throws if a route does not say who may call it.
    /// </summary>
    public static IEndpointConventionBuilder MapRescind(this IEndpointRouteBuilder routes, string prefix = "")
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(prefix);
        routes.ServiceProvider.GetRequiredService<DevelopmentIssuer>().MappedAt(prefix);
        var gate = routes.ServiceProvider.GetRequiredService<Gate>();
        var group = routes.MapGroup(prefix);
        IntrospectionEndpoint.Map(group);
        MetadataEndpoint.Map(group);
        SessionsEndpoint.Map(group);
        RevocationsEndpoint.Map(group);
        BackChannelLogoutEndpoint.Map(group);
        GlobalRevocationEndpoint.Map(group);
        FeedEndpoint.Map(group);
        VerifiersEndpoint.Map(group);
        KeysEndpoint.Map(group);
        IssuersEndpoint.Map(group);
        ClientsEndpoint.Map(group);
        AuditEndpoint.Map(group);
        BrowserEndpoint.Map(group);
        HealthEndpoint.Map(group);
        OpenApiEndpoint.Map(group);
        MapForBrowsers(group.MapGroup(""));
        ((IEndpointConventionBuilder)group).Finally(gate.Install);
        if (prefix.Length > 1)
        {
            var root = routes.MapGroup("");
            MetadataEndpoint.MapAtRoot(root);
            ((IEndpointConventionBuilder)root).Finally(gate.Install);
        }

        return group;
    }

    private static void MapForBrowsers(RouteGroupBuilder group)
    {
        group.WithMetadata(new CrossOrigin());
        TokenEndpoint.Map(group);
        RevocationEndpoint.Map(group);
        MeEndpoint.Map(group);
        CrossOrigin.MapPreflight(group);
    }
}
