using Microsoft.AspNetCore.Http;
using Rescind.Authority.Http.Input;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// Announces that a connection ends with this answer. The server drops one whose body it could not or would not read; a
/// client that is not told sends its next request into nothing.
/// </summary>
internal static class LastOfConnection
{
    public static void Say(HttpResponse response) => response.Headers.Connection = "close";

    /// <summary>For a body that is too large to be read, whoever refuses the request and why.</summary>
    public static Task SayAfterTooLargeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.ContentLength > RequestBody.MaxBytes)
        {
            context.Response.OnStarting(
                static state =>
                {
                    Say((HttpResponse)state);
                    return Task.CompletedTask;
                },
                context.Response);
        }

        return next(context);
    }
}
