using Rescind.Cli.Doctor;
using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind doctor</c>: looks at a running deployment, and names the next step for each finding. Scope <c>admin</c>.
/// </summary>
internal static class DoctorVerb
{
    private static readonly Option<string[]> Apis = new Option<string[]>("--api")
    {
        Description = "An API as AUDIENCE=URL, which is to refuse revoked tokens; may be repeated. "
            + "A session is started and revoked.",
        HelpName = "audience=url",
    }.MustBe("AUDIENCE=URL, with an absolute http or https URL", static text => TryReadApi(text, out _));

    private static readonly Option<string?> Backup = new("--backup")
    {
        Description = "The file of the last backup. Default: the audit trail says when one was made.", HelpName = "file",
    };

    private static readonly Option<string> BackupAge = new Option<string>("--backup-age")
    {
        Description = "How old the last backup may be.", HelpName = "length", DefaultValueFactory = static _ => "7d",
    }.MustBeLength(60);

    public static Command Create() =>
        new Command("doctor", "Look at a running deployment, and say what to do next.") { Apis, Backup, BackupAge }
            .Connects().Calls(RunAsync);

    private static async Task<ExitCode> RunAsync(VerbCall call)
    {
        using var authority = call.Connect();
        var parsed = call.Parsed;
        var findings = await Checkup.RunAsync(new(authority, call.Time, call.Cancellation)
        {
            Data = parsed.GetValue(ConnectionOptions.Data), BackupFile = parsed.GetValue(Backup),
            BackupAge = Lengths.TryParse(parsed.GetRequiredValue(BackupAge), out var age) ? age : default,
            Apis = [.. (parsed.GetValue(Apis) ?? []).Select(static text => TryReadApi(text, out var api) ? api : default)],
        });
        var document = new JsonObject
        {
            ["findings"] = new JsonArray([.. findings.Select(static finding => finding.ToJson())]),
            ["checked"] = Bodies.ArrayOf(Checkup.Names),
        };
        call.Show(document, () => Show(call.Screen, findings));
        return findings.Select(static finding => finding.Severity).DefaultIfEmpty().Max() switch
        {
            Severity.Error => ExitCode.Broken,
            Severity.Warning => ExitCode.Weak,
            _ => ExitCode.Ok,
        };
    }

    private static void Show(Screen screen, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings.OrderByDescending(static finding => finding.Severity))
        {
            var (colour, word) = finding.Severity == Severity.Error ? ("red", "error") : ("yellow", "warning");
            var about = finding.About is null ? "" : Screen.Plain(finding.About) + ": ";
            screen.Line($"[{colour}]{word}[/]  {finding.Check}  {about}{Screen.Plain(finding.Message)}");
            screen.Line($"       {Screen.Plain(finding.Next)}");
        }

        screen.Line(findings.Count == 0 ? "[green]Nothing was found.[/]" : $"{findings.Count} found.");
    }

    private static bool TryReadApi(string text, out (string Audience, Uri Url) api)
    {
        var parts = text.Split('=', 2);
        var isOne = parts is [{ Length: > 0 }, _] && Uri.TryCreate(parts[1], UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https" && url.UserInfo.Length == 0;
        api = isOne ? (parts[0], new(parts[1])) : default;
        return isOne;
    }
}
