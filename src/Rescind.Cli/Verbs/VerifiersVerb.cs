using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind verifiers</c>: who follows the log, and how far behind. Scope <c>feed</c>.</summary>
internal static class VerifiersVerb
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        var watch = new Option<bool>("--watch") { Description = "Keep showing until Ctrl-C; with --json one document a second." };
        var command = new Command("verifiers", "Who follows the log, and how far behind.") { watch };
        return command.Connects().Asks(async (call, authority) =>
        {
            var first = await authority.ReadVerifiersAsync();
            if (!call.Parsed.GetValue(watch))
            {
                Show(call, first);
                return;
            }

            await WatchAsync(call, first, authority.ReadVerifiersAsync);
        });
    }

    // Ctrl-C is how a watch ends, not a failure.
    private static async Task WatchAsync(VerbCall call, JsonObject first, Func<Task<JsonObject>> read)
    {
        using var timer = new PeriodicTimer(Pace, call.Time);
        async Task<bool> NextAsync()
        {
            try
            {
                return await timer.WaitForNextTickAsync(call.Cancellation);
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }

        if (!call.Screen.IsLive)
        {
            Show(call, first);
            while (await NextAsync())
            {
                Show(call, await read());
            }

            return;
        }

        await call.Screen.Ansi.Live(Table(first)).StartAsync(async live =>
        {
            while (await NextAsync())
            {
                live.UpdateTarget(Table(await read()));
            }
        });
    }

    private static void Show(VerbCall call, JsonObject answer) => call.Show(answer, () => call.Screen.Show(Table(answer)));

    private static Table Table(JsonObject answer)
    {
        var table = Views.Table(
            "verifier", "state", "behind", "last proof", "bound", "canary", "connections", "version", "address", "instance");
        foreach (var verifier in answer.Items("verifiers"))
        {
            table.AddRow(
                Views.Text(verifier["name"]), Views.State(verifier["state"]), Views.Text(verifier["behind"]),
                    $"{Views.Text(verifier["age_ms"])} ms",
                $"{Views.Text(verifier["bound"])} s", Views.Text(verifier["canary"]),
                    Views.Text(verifier["live_connections"]), Views.Text(verifier["version"]),
                    Views.Text(verifier["address"]), Views.Text(verifier["instance"]));
        }

        return table;
    }
}
