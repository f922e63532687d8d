using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Rescind.Cli.Calling;
using Rescind.Cli.Inspecting;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind revoke</c>: takes back what a match names, and shows the receipt arriving. Scope <c>revoke</c>; <c>revoke.broad</c>
/// for a client, a tag, a key and an issuer, which are confirmed first.</summary>
internal static class RevokeVerb
{
    private const double DefaultWaitSeconds = 2;
    private const double MaxWaitSeconds = 60;

    private static readonly Option<string> Reason = new("--reason") { Description = "Why, 1 to 500 characters; kept with the act.", Required = true };

    private static readonly Option<string?> Effect = new Option<string?>("--effect")
    {
        Description = "end (the default), renew (access tokens only; refresh goes on), reauthenticate (log in again) or block.",
    }.AcceptOnlyFromAmong("end", "renew", "reauthenticate", "block");

    private static readonly Option<string?> Before = new("--before")
    {
        Description = "Only what is from before this instant, as 2026-11-23T10:00:00Z.", HelpName = "instant",
    };

    private static readonly Option<string?> Until = new("--until")
    {
        Description = "When a block ends: an instant, or a length of time from now, as 2h.", HelpName = "instant",
    };

    private static readonly Option<string?> Spread = new("--spread")
    {
        Description = "Over how long a renew sends the clients for a new token, as 60s; at most as long as a token lives.", HelpName = "length",
    };

    private static readonly Option<string?> Issuer = new("--issuer")
    {
        Description = "The issuer of the tokens. Default: the Authority's own.", HelpName = "url",
    };

    private static readonly Option<double> Wait = new("--wait")
    {
        Description = "Seconds to wait for the verifiers; 0 for none, at most 60.", DefaultValueFactory = _ => DefaultWaitSeconds,
    };

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be hit; revoke nothing." };

    public static Command Create() => new Command("revoke", "Take back a session, a token, or everything of a subject, client, tag, key or issuer.")
    {
        Session(), Subject(), Token(), Client(), Tag(), Key(), OfIssuer(),
    }.Connects();

    private static Command Session()
    {
        var id = new Argument<string>("session") { Description = "The session's id (sid)." };
        return With(new("session", "One session and all its tokens.") { id, Issuer }, parsed => new() { ["session"] = parsed.GetValue(id) });
    }

    private static Command Subject()
    {
        var subject = new Argument<string>("subject") { Description = "The subject (sub), exactly as in its tokens." };
        var except = new Option<string[]>("--except") { Description = "A session to leave alone; repeat for several." };
        return With(
            new("subject", "Every session and token of one person or service.") { subject, Before, Until, except, Issuer },
            parsed => new() { ["subject"] = parsed.GetValue(subject) },
            except);
    }

    private static Command Token()
    {
        var token = new Argument<string>("token") { Description = "Its jti; or - to read the whole token from standard input." };
        return With(
            new("token", "One access token; its session goes on.") { token, Issuer },
            parsed => new() { ["token"] = TokenInput.Read(parsed.GetRequiredValue(token)) });
    }

    private static Command Client()
    {
        var client = new Argument<string>("client") { Description = "The client's id (client_id)." };
        return WithBroad(new("client", "Everything that was issued to one application.") { client, Before, Until, Issuer },
            parsed => new() { ["client"] = parsed.GetValue(client) });
    }

    private static Command Tag()
    {
        var name = new Argument<string>("name") { Description = "The claim's name: tenant." };
        var value = new Argument<string>("value") { Description = "Its value: acme." };
        return WithBroad(
            new("tag", "Everything whose claim has one value: a tenant, a device, an app version.") { name, value, Before, Until, Issuer },
            parsed => new() { ["tag"] = new JsonObject { ["name"] = parsed.GetValue(name), ["value"] = parsed.GetValue(value) } });
    }

    private static Command Key()
    {
        var key = new Argument<string>("key") { Description = "The key's id (kid)." };
        return WithBroad(new("key", "Everything that one key signed, for good.") { key, Issuer }, parsed => new() { ["key"] = parsed.GetValue(key) });
    }

    private static Command OfIssuer() => WithBroad(
        new("issuer", "Everything of one issuer: --issuer, or the Authority's own.") { Before, Until, Issuer }, _ => new() { ["issuer"] = true });

    private static Command WithBroad(Command command, Func<ParseResult, JsonObject> match)
    {
        command.Add(Spread);
        command.Add(BroadAct.Confirm);
        return With(command, match);
    }

    private static Command With(Command command, Func<ParseResult, JsonObject> match, Option<string[]>? except = null)
    {
        command.Add(Effect);
        command.Add(Reason);
        command.Add(Wait);
        command.Add(DryRun);
        return command.Calls(async (call, cancellationToken) =>
        {
            if (call.Parsed.GetValue(Wait) is not (>= 0 and <= MaxWaitSeconds))
            {
                throw new VerbFailure(ExitCode.Usage, $"--wait is a number of seconds from 0 to {MaxWaitSeconds}.");
            }

            var isBroad = command.Options.Contains(BroadAct.Confirm);
            var body = BodyOf(call, match(call.Parsed), except is null ? null : call.Parsed.GetValue(except));
            body.AddIfThere("spread", isBroad ? Lengths.Seconds(call.Parsed.GetValue(Spread), "--spread") : null);
            using var authority = call.Connect();
            if (call.Parsed.GetValue(DryRun))
            {
                ShowPreview(call, await BroadAct.PreviewAsync(authority, body, cancellationToken).ConfigureAwait(false));
                return;
            }

            if (isBroad)
            {
                body["confirm"] = await BroadAct.ConfirmAsync(call, authority, body, cancellationToken).ConfigureAwait(false);
            }

            await RevokeAsync(call, authority, body, cancellationToken).ConfigureAwait(false);
        });
    }

    private static JsonObject BodyOf(VerbCall call, JsonObject match, string[]? except)
    {
        var body = new JsonObject { ["match"] = match, ["reason"] = call.Parsed.GetRequiredValue(Reason) };
        body.AddIfThere("issuer", call.Parsed.GetValue(Issuer));
        body.AddIfThere("effect", call.Parsed.GetValue(Effect));
        body.AddIfThere("before", call.Parsed.GetValue(Before));
        body.AddIfThere("until", InstantOf(call.Parsed.GetValue(Until), call.Time.GetUtcNow()));
        body.AddIfThere("except", except is { Length: > 0 } ? new JsonArray([.. except.Select(id => (JsonNode)id)]) : null);
        return body;
    }

    private static void ShowPreview(VerbCall call, JsonObject preview)
    {
        if (call.Screen.IsJson)
        {
            Screen.Document(preview);
            return;
        }

        BroadAct.Show(call, preview);
    }

    // An instant goes as it was typed: the Authority says what is wrong with it.
    private static string? InstantOf(string? until, DateTimeOffset now) => until is not null && Lengths.TryParse(until, out var length)
        ? (now + length).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)
        : until;

    private static async Task RevokeAsync(VerbCall call, AuthorityClient authority, JsonObject body, CancellationToken cancellationToken)
    {
        // A program gets the Authority's own receipt in one answer; people see each verifier as it confirms.
        var wait = TimeSpan.FromSeconds(call.Parsed.GetValue(Wait));
        var waitThere = call.Screen.IsJson && wait > TimeSpan.Zero ? wait : (TimeSpan?)null;
        var asked = call.Time.GetTimestamp();
        var answer = await authority.PostAsync("v1/revocations", body, waitThere, cancellationToken).ConfigureAwait(false);
        var acknowledged = call.Time.GetTimestamp();
        if (call.Screen.IsJson)
        {
            Screen.Document(answer);
            return;
        }

        var elapsed = Words.Length(call.Time.GetElapsedTime(asked, acknowledged));
        call.Screen.Line($"[bold]{Views.Text(answer["id"])}[/]  durable after {elapsed}, {ActWords.Hits(answer)}.");
        ActWords.Warn(answer);
        if (wait > TimeSpan.Zero)
        {
            await new ReceiptWatch(call, authority, acknowledged).ShowAsync(answer.Number("position"), wait, cancellationToken)
                .ConfigureAwait(false);
        }
    }
}
