using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Rescind.Authority.Endpoints;

/// <summary><c>GET /openapi/v1.json</c>: every route with its scope, its bodies and its failures.</summary>
internal static class OpenApiEndpoint
{
    private const string Path = "/openapi/v1.json";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, Get).AllowAnyone().Describe(new("This document."));

    private static ContentHttpResult Get(HttpContext context, EndpointDataSource endpoints, IOptions<AuthorityOptions> options)
    {
        var prefix = ((RouteEndpoint)context.GetEndpoint()!).RoutePattern.RawText![..^Path.Length];
        var document = OpenApiDocument.Of(endpoints.Endpoints, options.Value.Issuer!, prefix);
        return TypedResults.Text(document.ToJsonString(), "application/json");
    }
}
