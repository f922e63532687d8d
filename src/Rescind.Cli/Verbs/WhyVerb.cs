using Rescind.Cli.Http;
using Rescind.Cli.Inspecting;
using Rescind.Cli.Output;

namespace Rescind.Cli.Verbs;

/// <summary>
/// <c>rescind why</c>: why was I logged out? Explains a revocation by its id, or what took a token and its session.
/// Scope <c>revoke</c>; for a token <c>feed</c>, and <c>sessions</c> for its session.
/// </summary>
internal static class WhyVerb
{
    public static Command Create()
    {
        var what = new Argument<string>("what")
        {
            Description = "A revocation's id (rv_…), or a token; - reads it from standard input.",
        }.MustNotBeEmpty("rv_ and a number, a token or -");
        const string About = "Why a token is dead: which act did it, who, when and why, and where it is in force.";
        return new Command("why", About) { what }.Connects().Calls(async call =>
        {
            var text = TokenInput.Read(call.Parsed.GetRequiredValue(what));
            using var authority = call.Connect();
            await (LogPosition.TryParseRevocationId(text, out var position)
                ? ExplainActAsync(call, authority, position.ToRevocationId())
                : ExplainTokenAsync(call, authority, ReadToken(text)));
        });
    }

    private static async Task ExplainActAsync(VerbCall call, AuthorityClient authority, string id)
    {
        var act = await authority.GetAsync("v1/revocations/" + id);
        call.Show(act, () => Explanation.ShowAct(call, act));
    }

    private static TokenReading ReadToken(string text)
    {
        if (text.StartsWith("rt_", StringComparison.Ordinal) || text.StartsWith("rv_", StringComparison.Ordinal))
        {
            throw new VerbFailure(ExitCode.Usage, "This is neither an access token nor the id of a revocation.",
                next: "Pass rv_ and a number, or the access token that was refused.");
        }

        var reading = TokenReading.Of(text);
        return reading.Jws is not null
            ? reading
            : throw new VerbFailure(
                ExitCode.Refused, $"This is no token that anybody would take: {FaultText.Of(reading.Fault)}.");
    }

    private static async Task ExplainTokenAsync(VerbCall call, AuthorityClient authority, TokenReading reading)
    {
        var judgement = await TokenJudgement.MakeAsync(reading.Jws!, authority, call.Time, call.Cancellation);
        var missing = new List<string>();
        Task<JsonObject?> TryGetAsync(string path, string what) => ReadIfAllowedAsync(authority, path, what, missing);

        var session = judgement.Session is { } sid
            ? await TryGetAsync("v1/sessions/" + Uri.EscapeDataString(sid), "The session")
            : null;

        // A token that has expired says nothing any more; what ended or blocks its session still does.
        var by = judgement.Verdict.By.Value > 0
            ? judgement.Verdict.By.ToRevocationId()
            : (session?["ended_by"] ?? session?["blocked_by"]).AsText();
        var act = judgement.Rule
            ?? (by is null ? null : await TryGetAsync("v1/revocations/" + by, "The act"));
        var document = new JsonObject
        {
            ["verdict"] = new JsonObject
            {
                ["kind"] = JsonNamingPolicy.SnakeCaseLower.ConvertName(judgement.Verdict.Kind.ToString()), ["by"] = by,
            },
            ["revocation"] = act?.DeepClone(),
            ["session"] = session?.DeepClone(),
            ["not_shown"] = Bodies.ArrayOf(missing),
        };
        call.Show(document, () =>
        {
            call.Screen.Line($"[bold]Token[/]  {VerdictText.Of(judgement with { Rule = null }, call.Time.GetUtcNow())}");
            Explanation.ShowAct(call, act);
            Explanation.ShowSession(call, session);
            missing.ForEach(Screen.Note);
            Screen.Note("The signature was not checked: this tells what the log says, not that the token is genuine.");
        });
    }

    // What this client may not see, or what is forgotten by now, is said and left out.
    private static async Task<JsonObject?> ReadIfAllowedAsync(
        AuthorityClient authority, string path, string what, List<string> missing)
    {
        try
        {
            return await authority.GetAsync(path);
        }
        catch (VerbFailure failure) when (failure.Exit is ExitCode.NotAllowed or ExitCode.NotFound)
        {
            missing.Add($"{what} is not shown: {failure.Message} {failure.Next}");
            return null;
        }
    }
}
