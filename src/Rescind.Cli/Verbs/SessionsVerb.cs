using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind sessions</c>: start, list, show and end sessions. Scope <c>sessions</c>.</summary>
internal static class SessionsVerb
{
    public static Command Create() =>
        new Command("sessions", "Start, list, show and end sessions.") { List(), Start(), Show(), End() }.Connects();

    private static Command List()
    {
        var subject = new Option<string?>("--subject") { Description = "Of this subject alone." }.MustBeText();
        var state = new Option<string?>("--state") { Description = "In this state alone." }
            .MustBeOneOf("active", "ended", "blocked", "expired");
        var limit = new Option<int>("--limit") { Description = "How many at most, up to 200.", DefaultValueFactory = _ => 50 }
            .MustBeIn(1, 200);
        var cursor = new Option<string?>("--cursor") { Description = "Go on where a page ended (its \"next\")." }
            .MustBe("the number that \"next\" of a page names", static text => LogPosition.TryParse(text, out _));
        return new Command("list", "The sessions, newest first.") { subject, state, limit, cursor }
            .Asks(async (call, authority) =>
            {
                var query = Query(
                    ("subject", call.Parsed.GetValue(subject)), ("state", call.Parsed.GetValue(state)),
                    ("limit", $"{call.Parsed.GetValue(limit)}"), ("cursor", call.Parsed.GetValue(cursor)));
                var answer = await authority.GetAsync("v1/sessions" + query);
                call.Show(answer, () => ShowList(call, answer));
            });
    }

    private static Command Start()
    {
        var subject = new Argument<string>("subject") { Description = "Whose session it is: sub of its tokens." }.MustBeText();
        var audience = new Option<string[]>("--audience")
        {
            Description = "An API that may take its tokens; repeat for several.",
            Required = true,
        }.MustBeText();
        var client = new Option<string?>("--client") { Description = "The application that refreshes it. Default: web." }
            .MustBe(ClientRecordOptions.IdWords, ClientRecordOptions.IsId);
        var scope = new Option<string?>("--scope") { Description = "Scopes of its tokens, separated by blanks." }
            .MustBe("names of ASCII characters with single blanks between them, without \" and \\", IsScope);
        var device = new Option<string?>("--device") { Description = "The device in the person's words: \"Alice's laptop\"." }
            .MustBeText();
        var about = "Start a session. Its tokens are in the --json document alone: send that to a file or a program.";
        return new Command("start", about) { subject, audience, client, scope, device }.Asks(async (call, authority) =>
        {
            var body = new JsonObject
            {
                ["subject"] = call.Parsed.GetValue(subject),
                ["audience"] = Bodies.ArrayOf(call.Parsed.GetRequiredValue(audience)),
            };
            body.AddIfThere("client_id", call.Parsed.GetValue(client));
            body.AddIfThere("scope", call.Parsed.GetValue(scope));
            body.AddIfThere("device", call.Parsed.GetValue(device) is { } name ? new JsonObject { ["name"] = name } : null);
            var answer = await authority.PostAsync("v1/sessions", body);
            call.Show(answer, () =>
            {
                call.Screen.Line(
                    $"Session [bold]{Views.Text(answer["session_id"])}[/] of {Views.Text(answer["subject"])} started.");
                Screen.Note("Its tokens are not shown; --json hands them to a file or a program.");
            });
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("session") { Description = "The session's id." }.MustBeSessionId();
        return new Command("show", "Everything about one session, and what ended it.") { id }
            .Asks(async (call, authority) =>
            {
                var session = await authority.GetAsync("v1/sessions/" + Uri.EscapeDataString(call.Parsed.GetRequiredValue(id)));
                call.Show(session, () => ShowOne(call, session));
            });
    }

    private static Command End()
    {
        var id = new Argument<string>("session") { Description = "The session's id." }.MustBeSessionId();
        return new Command("end", "End one session. Ending it twice is no failure.") { id }
            .Asks(async (call, authority) =>
            {
                var session = call.Parsed.GetRequiredValue(id);
                await authority.DeleteAsync("v1/sessions/" + Uri.EscapeDataString(session));
                call.Show(
                    new JsonObject { ["session_id"] = session, ["state"] = "ended" },
                    () => call.Screen.Line($"Session [bold]{Screen.Plain(session)}[/] is ended."));
            });
    }

    // RFC 6749 section 3.3.
    private static bool IsScope(string text) => text.Split(' ').All(
        static name => name.Length > 0 && name.All(static letter => letter is >= '!' and <= '~' and not ('"' or '\\')));

    private static void ShowList(VerbCall call, JsonObject answer)
    {
        var now = call.Time.GetUtcNow();
        var table = Views.Table("session", "subject", "client", "device", "started", "last refreshed", "state");
        foreach (var session in answer.Items("sessions"))
        {
            table.AddRow(
                Views.Text(session["session_id"]), Views.Text(session["subject"]), Views.Text(session["client_id"]),
                    Views.Text(session["device"].At("name")),
                TimeText.Ago(session["created_at"], now), TimeText.Ago(session["last_refreshed_at"], now),
                Views.State(session["state"]));
        }

        call.Screen.Show(table);
        if (answer["next"] is { } next)
        {
            Screen.Note($"There are more: --cursor {next}");
        }
    }

    private static void ShowOne(VerbCall call, JsonObject session)
    {
        var now = call.Time.GetUtcNow();
        string? When(string name) =>
            session[name] is { } instant ? $"{Views.Text(instant)}  [grey]{TimeText.Ago(instant, now)}[/]" : null;
        string? If(string name) => session[name] is { } value ? Views.Text(value) : null;
        call.Screen.ShowFacts(
            ("session", If("session_id")), ("state", Views.State(session["state"])), ("ended by", If("ended_by")),
            ("blocked by", If("blocked_by")), ("subject", If("subject")),
            ("client", If("client_id")), ("audience", If("audience")), ("scope", If("scope")), ("claims", If("claims")),
            ("tags", If("tags")),
            ("device", If("device")), ("started", When("created_at")), ("logged in", When("authenticated_at")), ("last refreshed",
                When("last_refreshed_at")),
            ("generation", If("generation")), ("idle until", When("idle_expires_at")), ("expires", When("expires_at")));
    }

    private static string Query(params IEnumerable<(string Name, string? Value)> parameters) => "?" + string.Join('&',
        from parameter in parameters
        where parameter.Value is not null
        select $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}");
}
