using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// Sends <see cref="UnknownAnswer"/> from the outermost place of the app's pipeline, after everything that might write
/// as well.
/// </summary>
internal sealed class UnknownAnswers : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(RunAsync);
        next(app);
    };

    private static async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await next(context).ConfigureAwait(false);
        if (UnknownAnswer.IsGiven(context))
        {
            await UnknownAnswer.Of(context)!.SendAsync(context, body).ConfigureAwait(false);
        }
    }
}
