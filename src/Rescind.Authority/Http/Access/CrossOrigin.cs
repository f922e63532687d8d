using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Rescind.Authority.Clients;

namespace Rescind.Authority.Http.Access;

/// <summary>Metadata of the routes that a browser may call from the origins that some client's record lists.</summary>
internal sealed class CrossOrigin
{
    /// <summary>Answers the preflight requests of the routes beneath <paramref name="routes"/>.</summary>
    public static void MapPreflight(IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/token", "/revoke", "/me/{**path}"])
        {
            routes.MapMethods(path, [HttpMethods.Options], static () => TypedResults.NoContent()).AllowAnyone();
        }
    }
}

/// <summary>Writes the CORS headers of one answer. No credentials are allowed across origins: tokens travel in headers that the
/// page itself sets.</summary>
internal sealed class CrossOriginHeaders(ICorsService cors, CrossOriginPolicy policy)
{
    public void Apply(HttpContext context)
    {
        if (context.Request.Headers.Origin.Count == 1)
        {
            cors.ApplyResult(cors.EvaluatePolicy(context, policy.Make()), context.Response);
        }
    }
}

/// <summary>The CORS policy of the routes marked <see cref="CrossOrigin"/>, by what the clients' records list now.</summary>
internal sealed class CrossOriginPolicy(ClientRegistry clients)
{
    private static readonly TimeSpan PreflightMaxAge = TimeSpan.FromMinutes(10);

    // Without these two exposed, a page cannot tell a dead token from an unknown one (BT-8).
    public CorsPolicy Make() => new CorsPolicyBuilder()
        .SetIsOriginAllowed(origin => clients.All.Any(client => client.Origins.Contains(origin)))
        .WithMethods(HttpMethods.Get, HttpMethods.Post, HttpMethods.Delete)
        .WithHeaders("Authorization", "Content-Type")
        .WithExposedHeaders("WWW-Authenticate", "Retry-After")
        .SetPreflightMaxAge(PreflightMaxAge)
        .Build();
}
