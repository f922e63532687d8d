using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind drill</c>: how long a revocation takes until each verifier refuses, measured with tokens of nobody. Scope
/// <c>admin</c>.
/// </summary>
internal static class DrillVerb
{
    private static readonly Option<int> Rounds =
        new("--rounds")
        {
            Description = "How often: 1 to 1000. Default: 20.", HelpName = "n", DefaultValueFactory = static _ => 20,
        };

    static DrillVerb() => Rounds.Validators.Add(static result =>
    {
        if (result.Tokens is [var given] && !(int.TryParse(given.Value, out var rounds) && rounds is >= 1 and <= 1000))
        {
            result.AddError("--rounds must be 1 to 1000.");
        }
    });

    public static Command Create() => new Command(
        "drill", "Measure how long a revocation takes until each verifier refuses; it hits nobody.") { Rounds }
        .Connects().Calls(RunAsync);

    private static async Task<ExitCode> RunAsync(VerbCall call)
    {
        using var authority = call.Connect();
        var verifiers = new Dictionary<string, DrillTimes>(StringComparer.Ordinal);
        for (var i = 0; i < call.Parsed.GetValue(Rounds); i++)
        {
            foreach (var one in (await authority.PostAsync("v1/drills", [])).Items("verifiers"))
            {
                var key = $"{one["client_id"]} {one["instance"]}";
                (verifiers.TryGetValue(key, out var times) ? times : verifiers[key] = new(one)).Add(one);
            }
        }

        DrillTimes[] all = [.. verifiers.Values.OrderBy(static one => one.Name, StringComparer.Ordinal)];
        call.Show(
            new JsonObject { ["verifiers"] = new JsonArray([.. all.Select(static one => one.ToJson())]) }, () => Show(call, all));
        return Array.TrueForAll(all, static one => one.HasPassed) ? ExitCode.Ok : ExitCode.Refused;
    }

    private static void Show(VerbCall call, DrillTimes[] all)
    {
        if (all.Length == 0)
        {
            call.Screen.Line("No verifier follows the log now.");
            return;
        }

        var table = Views.Table(
            "verifier", "instance", "bound", "refused", "requests p50", "p99", "maximum", "connections p50", "p99", "maximum");
        foreach (var one in all)
        {
            table.AddRow([Screen.Plain(one.Name), Screen.Plain(one.Instance), $"{one.Bound:0.#} s", one.Count, .. one.Cells]);
        }

        call.Screen.Show(table);
        call.Screen.Line(Array.TrueForAll(all, static one => one.HasPassed)
            ? "Every verifier refused each within its bound."
            : "[red]A verifier did not refuse each within its bound, or takes no canaries.[/]");
    }
}
