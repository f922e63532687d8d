using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rescind.Comparison.Ways;

namespace Rescind.Comparison.Parts;

/// <summary>
/// An application in a process of its own: one endpoint that anybody may call, one that only those may who are logged in, a
/// login and
/// a logout; and for whoever measures, its figures.
/// </summary>
internal static class AppPart
{
    public static async Task RunAsync(PartSettings settings, Way way, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(settings.Url);
        builder.Logging.ClearProviders();
        way.Add(builder);
        builder.Services.AddAuthorization();

        await using var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapGet("/plain", static () => "ok");
        app.MapGet("/orders", static () => "ok").RequireAuthorization();
        app.MapPost("/login", context =>
            AnswerAsync(context, way.LogInAsync(context, Query(context, "user"), Query(context, "device"))));
        app.MapPost("/logout", context =>
            AnswerAsync(context, way.LogOutAsync(context, Enum.Parse<LogOut>(Query(context, "reach"))))).RequireAuthorization();
        app.MapPost("/refresh", async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            await AnswerAsync(context, way.RefreshAsync(await body.ReadToEndAsync(context.RequestAborted)));
        });
        app.MapPost("/clear", context => way.ClearAsync());
        MeasuredPart.Map(app, settings, way.File, () => way.StoreBytesAsync(app.Services));

        await way.OpenAsync(app.Services);
        await app.StartAsync(cancellationToken);
        await app.WaitForShutdownAsync(CancellationToken.None);
    }

    private static async Task AnswerAsync<T>(HttpContext context, Task<T> answer) =>
        await context.Response.WriteAsJsonAsync(await answer);

    private static string Query(HttpContext context, string name) => context.Request.Query[name].ToString();
}
