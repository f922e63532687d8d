using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// A JSON answer. Never stored by anything on its way: what is not a secret is still somebody's business alone (BT-7, T-48).
/// </summary>
internal sealed class JsonAnswer<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        return JsonSerializer.SerializeAsync(response.Body, value, type, httpContext.RequestAborted);
    }
}
