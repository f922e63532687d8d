using Rescind.Cli.Output;

namespace Rescind.Cli.Inspecting;

/// <summary>Verdicts as markup.</summary>
internal static class VerdictText
{
    public static string Of(TokenJudgement judgement, DateTimeOffset now)
    {
        var verdict = judgement.Verdict;
        return verdict.Kind switch
        {
            VerdictKind.Valid =>
                $"[green]valid[/] until {Screen.Plain(TimeText.Instant(verdict.Instant, now))}; no rule kills it",
            VerdictKind.Revoked => $"[red]revoked[/] by {Rule(judgement, now)}",
            VerdictKind.Renew => $"[yellow]renew[/]: a refresh gives a good one; by {Rule(judgement, now)}",
            VerdictKind.Reauthenticate => $"[yellow]log in again[/]; by {Rule(judgement, now)}",
            VerdictKind.Expired => "[red]expired[/]",
            VerdictKind.Invalid => "[red]invalid[/]: lives longer than its issuer declares, or is not valid yet",
            VerdictKind.Unknown => "[yellow]unknown[/]: the log could not be read to its end",
            _ => $"[red]refused[/]: {FaultText.Of(judgement.Fault)}",
        };
    }

    private static string Rule(TokenJudgement judgement, DateTimeOffset now)
    {
        var id = judgement.Verdict.By.ToRevocationId();
        return judgement.Rule is not { } rule
            ? id
            : $"{id}: {Views.Text(rule["effect"])} on {Views.Text(rule["match"])}, “{Views.Text(rule["reason"])}”, "
                + $"{Views.Text(rule["actor"])}, {TimeText.Ago(rule["at"], now)}";
    }
}

/// <summary>What the strict reader found, as a sentence.</summary>
internal static class FaultText
{
    public static string Of(TokenFault fault) => fault switch
    {
        TokenFault.Format => "not three segments of canonical base64url",
        TokenFault.TooLarge => $"longer than {CompactJws.MaxLength} characters or nested deeper than {CompactJws.MaxDepth}",
        TokenFault.Json => "header or payload is not one JSON object in UTF-8 without duplicate names",
        TokenFault.Header => "the header has no alg, has crit, or brings its own key (jku, x5u, jwk, x5c)",
        TokenFault.Type => "a typ that its issuer does not use",
        TokenFault.Algorithm => "an alg that its issuer does not use",
        TokenFault.Claims => "a required claim is missing or has the wrong type",
        TokenFault.KeyId => "no kid, or one that is too long",
        TokenFault.Subject => "neither a subject nor a client, or no subject where its issuer's record requires one",
        _ => "not a token",
    };
}
