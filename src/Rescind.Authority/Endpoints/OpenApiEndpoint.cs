using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Rescind.Authority.Endpoints;

/// <summary><c>GET /openapi/v1.json</c>: every route with its scope, its bodies and its failures.</summary>
internal static class OpenApiEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/openapi/v1.json", Get).AllowAnyone()
        .Describe(new("This document."));

    private static ContentHttpResult Get(EndpointDataSource endpoints, IOptions<AuthorityOptions> options) =>
        TypedResults.Text(OpenApiDocument.Of(endpoints.Endpoints, options.Value.Issuer!).ToJsonString(), "application/json");
}
