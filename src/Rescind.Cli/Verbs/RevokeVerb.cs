using System.CommandLine.Parsing;
using Rescind.Cli.Http;
using Rescind.Cli.Inspecting;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind revoke</c>: takes back what a match names, and shows the receipt arriving. Scope <c>revoke</c>;
/// <c>revoke.broad</c> for a client, a tag, a key and an issuer, which are confirmed first.
/// </summary>
internal static class RevokeVerb
{
    private const string Renew = "renew";
    private const string Block = "block";

    private const long LongestSpread = 366 * 24 * 3600;

    private static readonly string[] Effects = ["end", Renew, "reauthenticate", Block];

    private static readonly Option<string> Reason = new Option<string>("--reason")
    {
        Description = "Why, 1 to 500 characters; kept with the act.", Required = true,
    }.MustBe("1 to 500 characters", static text => text.Length <= 500 && !string.IsNullOrWhiteSpace(text));

    private static readonly Option<string?> Effect = new Option<string?>("--effect")
    {
        Description = "end (the default), renew (access tokens only; refresh goes on), reauthenticate (log in again) or block.",
    }.MustBeOneOf(Effects);

    private static readonly Option<string?> Before = new Option<string?>("--before")
    {
        Description = "Only what is from before this instant, as 2026-11-23T10:00:00Z.", HelpName = "instant",
    }.MustBe(Instants.Form, static text => Instants.TryParse(text, out _));

    private static readonly Option<string?> Until = new Option<string?>("--until")
    {
        Description = "When a block ends: an instant, or a length of time from now, as 2h.", HelpName = "instant",
    }.MustBe(
        $"a length of time, as 2h, or {Instants.Form}",
        static text => Lengths.TryParse(text, out var length) ? length > TimeSpan.Zero : Instants.TryParse(text, out _));

    private static readonly Option<string?> Spread = new Option<string?>("--spread")
    {
        Description = "Over how long a renew sends the clients for a new token, as 60s; at most as long as a token lives.",
        HelpName = "length",
    }.MustBeLength(1, LongestSpread);

    private static readonly Option<string?> Issuer = new Option<string?>("--issuer")
    {
        Description = "The issuer of the tokens. Default: the Authority's own.", HelpName = "url",
    }.MustBeIssuer();

    private static readonly Option<string> Wait = new Option<string>("--wait")
    {
        Description = "Seconds to wait for the verifiers; 0 for none, at most 60.", HelpName = "seconds",
        DefaultValueFactory = _ => "2",
    }.MustBe(
        "a number of seconds from 0 to 60",
        static text => double.TryParse(text, CultureInfo.InvariantCulture, out var wait) && wait is >= 0 and <= 60);

    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Say what would be hit; revoke nothing." };

    public static Command Create() =>
        new Command("revoke", "Take back a session, a token, or everything of a subject, client, tag, key or issuer.")
    {
        Session(), Subject(), Token(), Client(), Tag(), Key(), OfIssuer(),
    }.Connects();

    private static Command Session()
    {
        var id = new Argument<string>("session") { Description = "The session's id (sid)." }.MustBeText();
        return With(
            new("session", "One session and all its tokens.") { id, Issuer },
            parsed => new() { ["session"] = parsed.GetValue(id) }, Effects[..3]);
    }

    private static Command Subject()
    {
        var subject = new Argument<string>("subject") { Description = "The subject (sub), exactly as in its tokens." }
            .MustBeText();
        var except = new Option<string[]>("--except") { Description = "A session to leave alone; repeat for several." }
            .MustBeText();
        return With(
            new("subject", "Every session and token of one person or service.") { subject, Before, Until, except, Issuer },
            parsed => new() { ["subject"] = parsed.GetValue(subject) },
            Effects,
            except);
    }

    private static Command Token()
    {
        var token = new Argument<string>("token") { Description = "Its jti; or - to read the whole token from standard input." }
            .MustNotBeEmpty("a jti, a whole token or -");
        return With(
            new("token", "One access token; its session goes on.") { token, Issuer },
            parsed => new() { ["token"] = TokenInput.Read(parsed.GetRequiredValue(token)) },
            Effects[..2]);
    }

    private static Command Client()
    {
        var client = new Argument<string>("client") { Description = "The client's id (client_id)." }.MustBeText();
        return WithBroad(new("client", "Everything that was issued to one application.") { client, Before, Until, Issuer },
            parsed => new() { ["client"] = parsed.GetValue(client) }, Effects);
    }

    private static Command Tag()
    {
        var name = new Argument<string>("name") { Description = "The claim's name: tenant." }.MustBeText();
        var value = new Argument<string>("value") { Description = "Its value: acme." }.MustBeText();
        return WithBroad(
            new("tag", "Everything whose claim has one value: a tenant, a device, an app version.")
            {
                name, value, Before, Until, Issuer,
            },
            parsed => new() { ["tag"] = new JsonObject { ["name"] = parsed.GetValue(name), ["value"] = parsed.GetValue(value) } },
            Effects);
    }

    private static Command Key()
    {
        var key = new Argument<string>("key") { Description = "The key's id (kid)." }.MustBeText();
        return WithBroad(
            new("key", "Everything that one key signed, for good.") { key, Issuer },
            parsed => new() { ["key"] = parsed.GetValue(key) },
            Effects[..1]);
    }

    private static Command OfIssuer() => WithBroad(
        new("issuer", "Everything of one issuer: --issuer, or the Authority's own.") { Before, Until, Issuer },
        _ => new() { ["issuer"] = true },
        Effects);

    private static Command WithBroad(Command command, Func<ParseResult, JsonObject> match, string[] effects)
    {
        command.Add(Spread);
        command.Add(BroadAct.Confirm);
        return With(command, match, effects);
    }

    private static Command With(
        Command command, Func<ParseResult, JsonObject> match, string[] effects, Option<string[]>? except = null)
    {
        command.Validators.Add(result => ValidateTogether(result, effects));
        command.Add(Effect);
        command.Add(Reason);
        command.Add(Wait);
        command.Add(DryRun);
        return command.Calls(async call =>
        {
            var isBroad = command.Options.Contains(BroadAct.Confirm);
            var body = BodyOf(call, match(call.Parsed), except is null ? null : call.Parsed.GetValue(except));
            body.AddIfThere("spread", isBroad ? Lengths.Seconds(call.Parsed.GetValue(Spread), "--spread") : null);
            using var authority = call.Connect();
            if (call.Parsed.GetValue(DryRun))
            {
                var preview = await BroadAct.PreviewAsync(authority, body);
                call.Show(preview, () => BroadAct.Show(call, preview));
                return;
            }

            if (isBroad)
            {
                body["confirm"] = await BroadAct.ConfirmAsync(call, authority, body);
            }

            await RevokeAsync(call, authority, body);
        });
    }

    // What options say about each other; what one says alone is judged by its own rule.
    private static void ValidateTogether(CommandResult result, string[] effects)
    {
        var effect = result.GetValue(Effect) ?? Effects[0];
        var (before, until, spread) = (IsGiven(result, Before), IsGiven(result, Until), IsGiven(result, Spread));
        var broken = !Effects.Contains(effect) ? null
            : !effects.Contains(effect)
                ? $"--effect must be {string.Join(" or ", effects)} for this match."
            : effect is Block && !until ? "--until must be given with --effect block: when it ends."
            : effect is not Block && until ? "--until must be given with --effect block alone."
            : effect is Block && before ? "--before must not be given with --effect block."
            : spread && (effect is not Renew || before)
                ? "--spread must be given with --effect renew alone, and without --before."
            : null;
        if (broken is not null)
        {
            result.AddError(broken);
        }
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };

    private static JsonObject BodyOf(VerbCall call, JsonObject match, string[]? except)
    {
        var body = new JsonObject { ["match"] = match, ["reason"] = call.Parsed.GetRequiredValue(Reason) };
        body.AddIfThere("issuer", call.Parsed.GetValue(Issuer));
        body.AddIfThere("effect", call.Parsed.GetValue(Effect));
        body.AddIfThere("before", InstantOf(call.Parsed.GetValue(Before)));
        body.AddIfThere("until", Lengths.TryParse(call.Parsed.GetValue(Until) ?? "", out var length)
            ? Instants.WholeSeconds(call.Time.GetUtcNow() + length)
            : InstantOf(call.Parsed.GetValue(Until)));
        body.AddIfThere("except", except is { Length: > 0 } ? Bodies.ArrayOf(except) : null);
        return body;
    }

    private static string? InstantOf(string? typed) =>
        typed is not null && Instants.TryParse(typed, out var instant) ? Instants.Text(instant) : null;

    private static async Task RevokeAsync(VerbCall call, AuthorityClient authority, JsonObject body)
    {
        // A program gets the Authority's own receipt in one answer; people see each verifier as it confirms.
        var wait = TimeSpan.FromSeconds(double.Parse(call.Parsed.GetRequiredValue(Wait), CultureInfo.InvariantCulture));
        var waitThere = call.Screen.IsJson && wait > TimeSpan.Zero ? wait : (TimeSpan?)null;
        var asked = call.Time.GetTimestamp();
        var answer = await authority.PostAsync("v1/revocations", body, waitThere);
        var acknowledged = call.Time.GetTimestamp();
        if (call.Screen.IsJson)
        {
            Screen.Document(answer);
            return;
        }

        var elapsed = TimeText.Length(call.Time.GetElapsedTime(asked, acknowledged));
        call.Screen.Line($"[bold]{Views.Text(answer["id"])}[/]  durable after {elapsed}, {ActText.Hits(answer)}.");
        ActText.Warn(answer);
        if (wait > TimeSpan.Zero)
        {
            await new ReceiptWatch(call, authority, acknowledged).ShowAsync(answer.Number("position"), wait);
        }
    }
}
