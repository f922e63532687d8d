using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// The second look at an act that hits what nobody can count on fingers: what it would hit and what it would not, and the
/// number of sessions, or where they are not counted the value of the match, typed by a person or passed by a program.
/// </summary>
internal static class BroadAct
{
    public static Option<string?> Confirm { get; } = new Option<string?>("--confirm")
    {
        Description = "What --dry-run told: the number of sessions; at another issuer the value of the match. On a "
            + "terminal you are asked for it.",
        HelpName = "number|value",
    }.MustBeText();

    /// <summary>What the act would hit, in the Authority's words. Nothing is revoked.</summary>
    public static Task<JsonObject> PreviewAsync(AuthorityClient authority, JsonObject body)
    {
        var asked = (JsonObject)body.DeepClone();
        asked["dry_run"] = true;
        return authority.PostAsync("v1/revocations", asked);
    }

    /// <summary>Shows a preview to people.</summary>
    public static void Show(VerbCall call, JsonObject preview)
    {
        call.Screen.Line($"Nothing is revoked yet: this {ActText.Hits(preview)}.");
        ActText.Warn(preview);
    }

    /// <summary>
    /// The confirmation to send: what was passed, or what a person at the terminal types after having seen what it confirms.
    /// </summary>
    public static async Task<JsonNode> ConfirmAsync(VerbCall call, AuthorityClient authority, JsonObject body)
    {
        var issuer = (string?)body["issuer"];
        var own = issuer is null || issuer == await authority.IssuerAsync();
        if (call.Parsed.GetValue(Confirm) is { } passed)
        {
            return own && long.TryParse(passed, NumberStyles.None, CultureInfo.InvariantCulture, out var sessions) ? sessions
                : !own || passed == await NameAsync() ? passed
                : throw new VerbFailure(ExitCode.Usage, "--confirm must be the number of sessions.", next: "--dry-run tells it.");
        }

        var preview = await PreviewAsync(authority, body);
        JsonNode expected = own && preview["affected"].At("sessions") is JsonValue counted && counted.TryGetValue(out long count)
            ? count
            : await NameAsync();
        await AskAsync(call, preview, expected.ToString());
        return expected;

        async Task<string> NameAsync() =>
            ValueOf(body["match"]!.AsObject()) ?? issuer ?? await authority.IssuerAsync()
            ?? "";
    }

    // A program gets no question, and with --json no document but that of the act.
    private static async Task AskAsync(VerbCall call, JsonObject preview, string expected)
    {
        if (!call.Screen.IsJson)
        {
            Show(call, preview);
        }

        if (call.Screen.IsJson || Surroundings.IsInputRedirected || Surroundings.IsErrorRedirected)
        {
            throw new VerbFailure(ExitCode.NotConfirmed, "The act is broad and was not confirmed; nothing is revoked.",
                next: $"If that is what you mean, pass --confirm {expected}");
        }

        Screen.Note($"Type {expected} to revoke; anything else leaves it as it is.");
        var typed = await Task.Run(Surroundings.In.ReadLine, CancellationToken.None).WaitAsync(call.Cancellation);
        if (typed?.Trim() != expected)
        {
            throw new VerbFailure(ExitCode.NotConfirmed, "Not confirmed; nothing is revoked.");
        }
    }

    // Null for the whole issuer.
    private static string? ValueOf(JsonObject match) => match.Single().Value switch
    {
        JsonObject tag => (string?)tag["value"],
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => null,
    };
}
