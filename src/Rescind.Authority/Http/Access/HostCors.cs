using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Rescind.Authority.Http.Access;

/// <summary>
/// The framework's CORS service, which the application's own <c>UseCors</c> asks too: for the routes that browsers call
/// from listed origins our policy takes the place of the application's, on preflights as well, which never come as far
/// as our routes there.
/// </summary>
internal sealed class HostCors(CorsService inner) : ICorsService
{
    public CorsResult EvaluatePolicy(HttpContext context, CorsPolicy policy) =>
        inner.EvaluatePolicy(context, context.GetEndpoint()?.Metadata.GetMetadata<CrossOrigin>() is null
            ? policy
            : context.Service<CrossOriginPolicy>().Make());

    // Both the application's middleware and our route apply the result; the header says so once.
    public void ApplyResult(CorsResult result, HttpResponse response)
    {
        result.VaryByOrigin &= !response.Headers.Vary.Contains("Origin", StringComparer.OrdinalIgnoreCase);
        inner.ApplyResult(result, response);
    }
}
