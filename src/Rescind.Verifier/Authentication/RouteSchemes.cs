using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;

namespace Rescind.Verifier.Authentication;

/// <summary>By which schemes a route lets in.</summary>
internal sealed class RouteSchemes(IAuthorizationPolicyProvider policies, IAuthenticationSchemeProvider schemes)
{
    /// <summary>Those of its policy; the default where that names none; nothing where there is no default.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(EndpointMetadataCollection route) =>
        await PolicyAsync(route, policies).ConfigureAwait(false) is { AuthenticationSchemes: { Count: > 0 } named } ? named
            : await schemes.GetDefaultAuthenticateSchemeAsync().ConfigureAwait(false) is { } byDefault ? [byDefault.Name]
            : [];

    /// <summary>All policies of a route as the one that the framework makes of them; null if it has none.</summary>
    public static Task<AuthorizationPolicy?> PolicyAsync(
        EndpointMetadataCollection route, IAuthorizationPolicyProvider policies) =>
        AuthorizationPolicy.CombineAsync(
            policies, route.GetOrderedMetadata<IAuthorizeData>(), route.GetOrderedMetadata<AuthorizationPolicy>());
}
