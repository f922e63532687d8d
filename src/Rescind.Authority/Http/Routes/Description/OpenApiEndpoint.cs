using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Rescind.Authority.Http.Access;

namespace Rescind.Authority.Http.Routes.Description;

/// <summary><c>GET /openapi/v1.json</c>: every route with its scope, its bodies and its failures.</summary>
internal static class OpenApiEndpoint
{
    private const string Path = "/openapi/v1.json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        // Made once: anybody may ask for it, and the routes stay as they were mapped.
        byte[]? document = null;
        routes.MapGet(Path, (HttpContext context, EndpointDataSource endpoints, IOptions<AuthorityOptions> options) =>
                TypedResults.Bytes(document ??= Make(context, endpoints, options.Value.Issuer!), "application/json"))
            .AllowAnyone().Describe(new("This document.")).WithMetadata(new YieldsToTheApplication());
    }

    private static byte[] Make(HttpContext context, EndpointDataSource endpoints, string issuer)
    {
        var prefix = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText![..^Path.Length];
        return Encoding.UTF8.GetBytes(OpenApiDocument.Of(endpoints.Endpoints, issuer, prefix).ToJsonString());
    }
}
