using System.CommandLine;
using System.Text.Json.Nodes;
using Rescind.Cli.Calling;
using Rescind.Cli.Inspecting;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind revoke</c>: takes a session, a subject's sessions or one token back, and shows the receipt arriving. Scope
/// <c>revoke</c>.</summary>
internal static class RevokeVerb
{
    private const double DefaultWaitSeconds = 2;
    private const double MaxWaitSeconds = 60;

    private static readonly Option<string> Reason = new("--reason") { Description = "Why, 1 to 500 characters; kept with the act.", Required = true };

    private static readonly Option<double> Wait = new("--wait")
    {
        Description = "Seconds to wait for the verifiers; 0 for none, at most 60.", DefaultValueFactory = _ => DefaultWaitSeconds,
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be hit; revoke nothing." };

    public static Command Create() =>
        new Command("revoke", "Take back a session, everything of a subject, or one token.") { Session(), Subject(), Token() }.Connects();

    private static Command Session()
    {
        var id = new Argument<string>("session") { Description = "The session's id (sid)." };
        return With(new Command("session", "End one session and all its tokens.") { id }, parsed => new() { ["session"] = parsed.GetValue(id) });
    }

    private static Command Subject()
    {
        var subject = new Argument<string>("subject") { Description = "The subject (sub), exactly as in its tokens." };
        var except = new Option<string[]>("--except") { Description = "A session to leave alone; repeat for several." };
        var command = new Command("subject", "End every session and token of one person or service.") { subject, except };
        return With(command, parsed => new() { ["subject"] = parsed.GetValue(subject) }, except);
    }

    private static Command Token()
    {
        var token = new Argument<string>("token") { Description = "Its jti; or - to read the whole token from standard input." };
        return With(
            new Command("token", "End one access token; its session goes on.") { token },
            parsed => new() { ["token"] = TokenInput.Read(parsed.GetRequiredValue(token)) });
    }

    private static Command With(Command command, Func<ParseResult, JsonObject> match, Option<string[]>? except = null)
    {
        command.Add(Reason);
        command.Add(Wait);
        command.Add(DryRun);
        return command.Calls(async (call, cancellationToken) =>
        {
            if (call.Parsed.GetValue(Wait) is not (>= 0 and <= MaxWaitSeconds))
            {
                throw new VerbFailure(ExitCode.Usage, $"--wait is a number of seconds from 0 to {MaxWaitSeconds}.");
            }

            var body = new JsonObject { ["match"] = match(call.Parsed), ["reason"] = call.Parsed.GetRequiredValue(Reason) };
            if (except is not null && call.Parsed.GetValue(except) is { Length: > 0 } exceptions)
            {
                body["except"] = new JsonArray([.. exceptions.Select(id => (JsonNode)id)]);
            }

            if (call.Parsed.GetValue(DryRun))
            {
                body["dry_run"] = true;
            }

            using var authority = call.Connect();
            await RevokeAsync(call, authority, body, cancellationToken).ConfigureAwait(false);
        });
    }

    private static async Task RevokeAsync(VerbCall call, AuthorityClient authority, JsonObject body, CancellationToken cancellationToken)
    {
        var wait = TimeSpan.FromSeconds(call.Parsed.GetValue(Wait));
        var isDryRun = call.Parsed.GetValue(DryRun);

        // A program gets the Authority's own receipt in one answer; people see each verifier as it confirms.
        var waitThere = call.Screen.IsJson && wait > TimeSpan.Zero && !isDryRun ? wait : (TimeSpan?)null;
        var asked = call.Time.GetTimestamp();
        var answer = await authority.PostAsync("v1/revocations", body, waitThere, cancellationToken).ConfigureAwait(false);
        var acknowledged = call.Time.GetTimestamp();
        if (call.Screen.IsJson)
        {
            Screen.Document(answer);
            return;
        }

        var sessions = answer["affected"]?["sessions"];
        if (isDryRun)
        {
            call.Screen.Line($"Nothing is revoked. It would end {Views.Text(sessions)} session(s).");
        }
        else
        {
            call.Screen.Line(
                $"[bold]{Views.Text(answer["id"])}[/]  durable after "
                    + $"{Words.Length(call.Time.GetElapsedTime(asked, acknowledged))}, ends {Views.Text(sessions)} session(s).");
        }

        foreach (var warning in answer["warnings"]?.AsArray() ?? [])
        {
            Screen.Note($"{warning?["code"]}  {warning?["message"]}");
        }

        if (!isDryRun && wait > TimeSpan.Zero && answer["position"]?.GetValue<long>() is { } position)
        {
            await new ReceiptWatch(call, authority, acknowledged).ShowAsync(position, wait, cancellationToken).ConfigureAwait(false);
        }
    }
}
