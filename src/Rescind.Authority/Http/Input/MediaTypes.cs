using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Rescind.Authority.Http.Input;

/// <summary>What a body says it is. Only UTF-8, never compressed: a small body must not become a large one.</summary>
internal static class MediaTypes
{
    public static bool IsJson(HttpRequest request) => Is(request, "application/json");

    public static bool IsForm(HttpRequest request) => Is(request, "application/x-www-form-urlencoded");

    private static bool Is(HttpRequest request, string mediaType) =>
        request.Headers.ContentType.Count == 1
        && MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
            || type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.Count == 0;
}
