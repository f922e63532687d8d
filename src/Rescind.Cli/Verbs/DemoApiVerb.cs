using Rescind.Cli.Demo;
using Rescind.Cli.Telemetry;

namespace Rescind.Cli.Verbs;

/// <summary>
/// An API of the demo, in a process of its own: it follows the feed and asks nobody. Hidden; configured like any verifying API.
/// </summary>
internal static class DemoApiVerb
{
    private static readonly Option<string> Urls = new("--urls") { Required = true };

    public static Command Create() =>
        new Command(DemoProcesses.ApiVerb, "An API of the demo.") { Hidden = true, Options = { Urls } }.Calls(RunAsync);

    private static async Task RunAsync(VerbCall call)
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(call.Parsed.GetRequiredValue(Urls));
        builder.Logging.ClearProviders();
        builder.AddTelemetry("rescind-demo-api");
        builder.Services.AddAuthentication().AddRescind();
        builder.Services.AddAuthorization();
        builder.Services.AddHealthChecks().AddRescind();

        await using var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/", () => "here you are").RequireAuthorization();
        app.Map("/live", context => LiveNews.StreamAsync(context, call.Time)).RequireAuthorization().CloseOnRevocation();
        app.MapHealthChecks("/health/ready");
        await app.StartAsync(call.Cancellation);
        await app.WaitForShutdownAsync(CancellationToken.None);
    }
}
