using Rescind.Cli.Inspecting;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind inspect</c>: takes a token apart on this machine, and asks an Authority's log whether a rule kills it.
/// Scope <c>feed</c> for that.</summary>
internal static class InspectVerb
{
    public static Command Create()
    {
        var token = new Argument<string>("token")
        {
            Description = "The token; - reads it from standard input, so that no shell remembers it.",
        }.MustNotBeEmpty("a token or -");
        var offline = new Option<bool>("--offline") { Description = "Ask no Authority." };
        const string About = "What a token says, and which rule would kill it. Its signature is neither shown nor checked.";
        return new Command("inspect", About) { token, offline }.Connects().Calls(async call =>
        {
            var text = TokenInput.Read(call.Parsed.GetRequiredValue(token));
            if (text.StartsWith("rt_", StringComparison.Ordinal))
            {
                throw new VerbFailure(ExitCode.Usage, "This is a refresh token: there is nothing in it to read.",
                    next: "Inspect the access token that came with it.");
            }

            var reading = TokenReading.Of(text);
            var (judgement, whyNot) = call.Parsed.GetValue(offline) || reading.Jws is null
                ? (null, null)
                : await TryJudgeAsync(call, reading.Jws);
            call.Show(
                Document(reading, judgement, whyNot, call.Time.GetUtcNow()), () => Show(call, reading, judgement, whyNot));
            return ExitOf(reading, judgement);
        });
    }

    // Without an Authority that somebody named, not reaching one is a remark; otherwise it is a failure.
    private static async Task<(TokenJudgement? Judgement, string? WhyNot)> TryJudgeAsync(VerbCall call, CompactJws jws)
    {
        try
        {
            using var authority = call.Connect();
            return (await TokenJudgement.MakeAsync(jws, authority, call.Time, call.Cancellation), null);
        }
        catch (VerbFailure failure) when (failure.Exit is not ExitCode.Usage && !ConnectionOptions.IsAuthorityNamed(call.Parsed))
        {
            return (null, failure.Message);
        }
    }

    private static ExitCode ExitOf(TokenReading reading, TokenJudgement? judgement) =>
        (reading.Jws, judgement?.Verdict.Kind) switch
    {
        (null, _) => ExitCode.Refused,
        (_, null or VerdictKind.Valid) => ExitCode.Ok,
        (_, VerdictKind.Unknown) => ExitCode.Unavailable,
        _ => ExitCode.Refused,
    };

    private static JsonObject Document(TokenReading reading, TokenJudgement? judgement, string? whyNot, DateTimeOffset now) =>
        new()
    {
        ["header"] = reading.Header?.DeepClone(),
        ["claims"] = reading.Claims?.DeepClone(),
        ["reading"] = new JsonObject
        {
            ["accepted"] = reading.Jws is not null, ["fault"] = reading.Jws is null ? Name(reading.Fault) : null,
        },
        ["sensitive"] = new JsonArray([.. reading.Sensitive.Select(found => (JsonNode)new JsonObject
        {
            ["claim"] = found.Claim, ["detector"] = found.Detector.Id,
        })]),
        ["expired"] = reading.InstantOf("exp") is { } expires ? expires <= now.ToUnixTimeSeconds() : null,
        ["signature_checked"] = false,
        ["verdict"] = judgement is null ? null : new JsonObject
        {
            ["kind"] = Name(judgement.Verdict.Kind),
            ["fault"] = judgement.Verdict.Kind is VerdictKind.Undecided ? Name(judgement.Fault) : null,
            ["by"] = judgement.Verdict.By.Value > 0 ? judgement.Verdict.By.ToRevocationId() : null,
            ["rule"] = judgement.Rule?.DeepClone(),
        },
        ["not_judged"] = whyNot,
    };

    private static void Show(VerbCall call, TokenReading reading, TokenJudgement? judgement, string? whyNot)
    {
        var now = call.Time.GetUtcNow();
        ShowMembers(call, "Header", reading.Header, now);
        ShowMembers(call, "Claims", reading.Claims, now);
        call.Screen.Line(reading.Jws is not null
            ? "[bold]Reading[/]  [green]accepted[/] by the strict reader"
            : $"[bold]Reading[/]  [red]refused[/]: {FaultText.Of(reading.Fault)}");
        foreach (var found in reading.Sensitive)
        {
            call.Screen.Line(
                $"[bold]Content[/]  [yellow]carries[/] what looks like {found.Detector.LooksLike} in claim "
                + $"{Screen.Plain(found.Claim)}");
        }

        if (judgement is not null)
        {
            call.Screen.Line($"[bold]Verdict[/]  {VerdictText.Of(judgement, now)}");
            Screen.Note("The signature was not checked: this tells what the log says, not that the token is genuine.");
        }
        else if (whyNot is not null)
        {
            Screen.Note($"Not judged: {whyNot}");
        }
    }

    private static void ShowMembers(VerbCall call, string title, JsonObject? members, DateTimeOffset now)
    {
        call.Screen.Line(members is null ? $"[bold]{title}[/]   [red]cannot be read[/]" : $"[bold]{title}[/]");
        if (members is not null)
        {
            call.Screen.ShowFacts([.. members.Select(member => (Screen.Clean(member.Key, 60), (string?)Value(member, now)))]);
        }
    }

    private static string Value(KeyValuePair<string, JsonNode?> member, DateTimeOffset now)
    {
        var isInstant = member.Key is "exp" or "iat" or "nbf" or "auth_time";
        return isInstant && member.Value is JsonValue value && value.GetValueKind() is JsonValueKind.Number
            && value.TryGetValue(out double seconds)
            ? Screen.Plain(TimeText.Instant(seconds, now))
            : Views.Text(member.Value);
    }

    private static string Name<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
