using Rescind.Cli.Http;
using Rescind.Cli.Output;
using Spectre.Console;

namespace Rescind.Cli.Verbs;

/// <summary><c>rescind issuers</c>: whose tokens can be taken back here. Scope <c>admin</c>.</summary>
internal static class IssuersVerb
{
    private const long LongestSeconds = long.MaxValue / TimeSpan.TicksPerSecond;
    private const long LongestLifetime = 10L * 366 * 24 * 3600;
    private const long LargestMargin = 300;
    private const int LongestName = 128;

    private static readonly string[] ClaimNames = ["subject", "session", "token", "client"];
    private static readonly string[] Profiles = ["oidc", "openiddict", "entra", "auth0", "auth0-rfc9068", "keycloak", "cognito"];

    public static Command Create() => new Command("issuers", "The issuers whose tokens can be taken back here.")
    {
        List(), Add(), Remove(),
    }.Connects();

    private static Command List() =>
        new Command("list", "The registered issuers, our own first.").Asks(async (call, authority) =>
        {
            var answer = await authority.GetAsync("v1/issuers");
            call.Show(answer, () =>
            {
                var table = Views.Table(
                    "issuer", "tokens live", "logins live", "subject", "session", "token", "client", "algorithms");
                foreach (var record in answer.Items("issuers"))
                {
                    table.AddRow(
                        Views.Text(record["issuer"]), Lifetime(record["max_token_lifetime"]),
                        Lifetime(record["max_session_lifetime"]), Claim(record, "subject"), Claim(record, "session"),
                        Claim(record, "token"), Claim(record, "client"), Views.Text(record["algorithms"]));
                }

                call.Screen.Show(table);
            });
        });

    private static Command Add()
    {
        var issuer = new Argument<string>("issuer") { Description = "Its exact URL, as its tokens spell iss." }.MustBeIssuer();
        var profile = new Option<string?>("--profile")
        {
            Description = $"What is left out comes from it: {string.Join(", ", Profiles)}. Default: oidc.",
        }.MustBeOneOf(Profiles);
        var tokens = Length("--token-lifetime",
            "The longest life of an access token, as 1h. Without it, what is revoked there is never forgotten.")
            .MustBeLength(1, LongestLifetime);
        var sessions = Length("--session-lifetime", "The longest that a login lives, as 30d.").MustBeLength(1, LongestLifetime);
        var skew = Length("--clock-skew", "How far its clock may be off. Default: 5s.").MustBeLength(0, LargestMargin);
        var leeway = Length("--leeway", "How long past exp a token is still taken. Default: 30s.").MustBeLength(0, LargestMargin);
        var claim = new Option<string[]>("--claim")
        {
            Description = "Which claim names what, as subject=oid; empty for what its tokens do not carry. Of "
                + $"{string.Join(", ", ClaimNames)}.",
        }.MustBe(
            $"one of {string.Join(", ", ClaimNames)}, = and a name of at most {LongestName} characters, as "
            + "subject=oid; the subject's not empty",
            IsClaim);
        var algorithm = new Option<string[]>("--algorithm") { Description = "An alg that it signs with; repeat for several." }
            .MustBeOneOf(PublicKey.Algorithms);
        var type = new Option<string[]>("--type") { Description = "A typ of its access tokens; repeat for several." }
            .MustBe($"at most {LongestName} characters", static text => text.Length <= LongestName);
        var sendsAuthTime = new Option<bool?>("--sends-auth-time") { Description = "Its tokens carry auth_time." };
        var withoutIat = new Option<bool>("--without-iat") { Description = "Its tokens carry no iat." };
        var subject = new Option<string?>("--subject") { Description = "'required': its tokens without a subject are refused." }
            .MustBeOneOf("required");
        var jwks = new Option<string?>("--jwks")
        {
            Description = "Where its keys are, if its metadata does not say.",
            HelpName = "url",
        }.MustBeUrl();
        var command = new Command("add", "Register an issuer, or replace its record.")
        {
            issuer, profile, tokens, sessions, skew, leeway, claim, algorithm, type, sendsAuthTime, withoutIat, subject, jwks,
        };
        command.Validators.Add(result =>
        {
            if (Lengths.TryParse(result.GetValue(tokens) ?? "", out var token)
                && Lengths.TryParse(result.GetValue(sessions) ?? "", out var login)
                && login < token)
            {
                result.AddError($"{sessions.Name} must be at least {tokens.Name}.");
            }
        });
        return command.Calls(async call =>
        {
            var parsed = call.Parsed;
            var body = new JsonObject { ["issuer"] = parsed.GetRequiredValue(issuer) };
            body.AddIfThere("profile", parsed.GetValue(profile));
            body.AddIfThere("max_token_lifetime", Lengths.Seconds(parsed.GetValue(tokens), tokens.Name));
            body.AddIfThere("max_session_lifetime", Lengths.Seconds(parsed.GetValue(sessions), sessions.Name));
            body.AddIfThere("clock_skew", Lengths.Seconds(parsed.GetValue(skew), skew.Name));
            body.AddIfThere("leeway", Lengths.Seconds(parsed.GetValue(leeway), leeway.Name));
            body.AddIfThere("claims", ClaimsOf(parsed.GetValue(claim) ?? []));
            body.AddIfThere("algorithms", TextsOf(parsed.GetValue(algorithm) ?? []));
            body.AddIfThere("types", TextsOf(parsed.GetValue(type) ?? []));
            body.AddIfThere("sends_auth_time", parsed.GetValue(sendsAuthTime));
            body.AddIfThere("iat", parsed.GetValue(withoutIat) ? "absent" : null);
            body.AddIfThere("subject", parsed.GetValue(subject));
            body.AddIfThere("jwks_uri", parsed.GetValue(jwks));
            await SaveAsync(call, body);
        });
    }

    private static Command Remove()
    {
        var issuer = new Argument<string>("issuer") { Description = "Its exact URL." }.MustBeIssuer();
        return new Command("remove", "Forget an issuer: its tokens are unknown from then on.") { issuer }
            .Asks(async (call, authority) =>
            {
                var url = call.Parsed.GetRequiredValue(issuer);
                await authority.DeleteAsync("v1/issuers?issuer=" + Uri.EscapeDataString(url));
                call.Show(
                    new JsonObject { ["issuer"] = url, ["removed"] = true },
                    () => call.Screen.Line($"{Screen.Plain(url)} is removed: verifiers refuse its tokens as unknown."));
            });
    }

    private static async Task SaveAsync(VerbCall call, JsonObject body)
    {
        using var authority = call.Connect();
        var record = await authority.PostAsync("v1/issuers", body);
        call.Show(record, () =>
        {
            call.Screen.Line($"{Views.Text(record["issuer"])} is registered.");
            if (record["max_token_lifetime"] is null)
            {
                Screen.Note("Nobody said how long its tokens live: what is revoked there is never forgotten. "
                    + "--token-lifetime changes that.");
            }
        });
    }

    private static Option<string?> Length(string name, string about) => new(name) { Description = about, HelpName = "length" };

    private static JsonArray? TextsOf(string[] texts) => texts.Length == 0 ? null : Bodies.ArrayOf(texts);

    private static JsonObject? ClaimsOf(string[] pairs)
    {
        var claims = new JsonObject();
        foreach (var pair in pairs)
        {
            var (what, name) = (pair.Split('=', 2)[0], pair.Split('=', 2)[1]);
            if (!claims.TryAdd(what, name))
            {
                throw new VerbFailure(ExitCode.Usage, $"--claim must name {what} once.");
            }
        }

        return claims.Count == 0 ? null : claims;
    }

    private static bool IsClaim(string text) =>
        text.Split('=', 2) is [var what, { Length: <= LongestName } name] && ClaimNames.Contains(what)
        && (what != "subject" || name.Length > 0);

    private static string Claim(JsonObject record, string what) =>
        record["claims"].At(what).AsText() is { Length: > 0 } name ? Screen.Plain(name) : "-";

    private static string Lifetime(JsonNode? seconds) => seconds is null ? "nobody says"
        : seconds.AsNumber() is >= 0 and <= LongestSeconds and var known ? TimeText.Length(TimeSpan.FromSeconds(known))
        : Views.Text(seconds);
}
