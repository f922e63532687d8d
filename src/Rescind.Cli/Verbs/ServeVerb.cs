using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using Rescind.Authority;
using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Rescind.Cli.Telemetry;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind serve</c>: runs an Authority until it is told to stop. One line on standard output; the log goes to standard error.
/// </summary>
internal static class ServeVerb
{
    private static readonly Option<string?> Urls =
        new("--urls") { Description = $"Where to listen. Default: {AuthorityServer.DefaultUrl}.",
            HelpName = "urls" };
    private static readonly Option<string?> Store =
        new("--store")
        {
            Description = "Where to keep everything: sqlite, postgresql, or a URL: postgres://…", HelpName = "store",
        };
    private static readonly Option<string?> Issuer =
        new("--issuer") { Description = "The issuer. Default on loopback: the first URL.",
            HelpName = "url" };
    private static readonly Option<string?> Metrics =
        new("--metrics") { Description = "Where Prometheus may read /metrics, and whoever else can reach it. Default: nowhere.",
            HelpName = "url" };

    public static Command Create() =>
        new Command("serve", "Run an Authority on this machine.") { Urls, ConnectionOptions.Data, Store, Issuer, Metrics }
            .Calls(ServeAsync);

    private static async Task ServeAsync(VerbCall call)
    {
        var parsed = call.Parsed;
        var options = new ServeOptions
        {
            Urls = parsed.GetValue(Urls), Data = parsed.GetValue(ConnectionOptions.Data), Store = parsed.GetValue(Store),
                Issuer = parsed.GetValue(Issuer),
            Stores = new Dictionary<string, Action<AuthorityBuilder>>
            {
                ["postgresql"] = static store => store.UsePostgreSql(), ["postgres"] = static store => store.UsePostgreSql(),
            },
        };
        await using var app = await StartAsync(options, parsed.GetValue(Metrics), call.Cancellation);
        Tell(call, app);

        // The host listens for signals itself, and ends what it has begun.
        await app.WaitForShutdownAsync(CancellationToken.None);
    }

    private static async Task<WebApplication> StartAsync(
        ServeOptions options, string? metrics, CancellationToken cancellationToken)
    {
        WebApplication? app = null;
        var hasStarted = false;
        try
        {
            app = AuthorityServer.Create(options, builder =>
            {
                LogToStandardError(builder, () => hasStarted);
                if (metrics is not null)
                {
                    builder.Configuration[ProgramTelemetry.MetricsUrlKey] = metrics;
                }

                builder.AddTelemetry("rescind");
            });
            await AuthorityServer.StartAsync(app, cancellationToken);
            hasStarted = true;
            return app;
        }
#pragma warning disable CA1031 // Whatever keeps it from starting is a sentence for the operator, and never a half-started server.
        catch (Exception e) when (e is not VerbFailure && !cancellationToken.IsCancellationRequested)
        {
            if (app is not null)
            {
                await app.DisposeAsync();
            }

            throw new VerbFailure(ExitCode.Refused, e.Message, inner: e);
        }
#pragma warning restore CA1031
    }

    private static void LogToStandardError(WebApplicationBuilder builder, Func<bool> hasStarted)
    {
        builder.Logging.AddSimpleConsole(format =>
        {
            format.SingleLine = true;
            format.ColorBehavior = Console.IsErrorRedirected ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });
        builder.Logging.AddFilter("Microsoft.Hosting", LogLevel.Warning);

        // What keeps it from starting is said once, as a sentence; the host and the server would add stack traces.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        builder.Logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel",
            level => level >= LogLevel.Warning && (level < LogLevel.Critical || hasStarted()));
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }

    private static void Tell(VerbCall call, WebApplication app)
    {
        var set = app.Services.GetRequiredService<IOptions<AuthorityOptions>>().Value;
        var data = Path.GetFullPath(set.DataDirectory);
        var credentials = set.Development ? $", credentials in {Path.Combine(data, "admin.json")}" : "";
        call.Show(
            new JsonObject { ["urls"] = Bodies.ArrayOf(app.Urls), ["issuer"] = set.Issuer, ["data"] = data },
            () => call.Screen.Line(
                Screen.Plain($"Authority {set.Issuer} at {string.Join(' ', app.Urls)}, data in {data}{credentials}")));
    }
}
