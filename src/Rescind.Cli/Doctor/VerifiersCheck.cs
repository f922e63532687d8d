using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>Who follows the log: whether anybody does, how far behind, by which bound and with which version.</summary>
internal static class VerifiersCheck
{
    private const string Name = "verifiers";
    private const double LongBound = 30;

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        var all = (await patient.Authority.ReadVerifiersAsync()).Items("verifiers");
        var live = all.Where(static verifier => verifier["state"].AsText() == "live").ToList();
        var findings = new List<Finding>();
        if (live.Count == 0)
        {
            findings.Add(Finding.Error(
                Name, null, "Nobody follows the log: a revocation is in force nowhere.",
                "Give each API a verifier, and let it reach the Authority."));
        }

        findings.AddRange(all.Where(verifier => IsMissed(verifier, live)).Select(static verifier => Finding.Error(
            Name, Called(verifier), $"It is {verifier["state"].AsText()}: what is revoked now is not refused there in time.",
            "Look at that process and its way to the Authority; until it hears again it answers 503.")));
        findings.AddRange(live.Where(static verifier => BoundOf(verifier) > LongBound).Select(static verifier => Finding.Warning(
            Name, Called(verifier),
            FormattableString.Invariant($"Its bound is {BoundOf(verifier):0.#} s: a stolen token may be taken for so long."),
            "Lower MaxStaleness, or RequireFreshness where it matters.")));
        findings.AddRange(Versions(live));
        return findings;
    }

    // One that is gone was replaced, where another of that name lives.
    private static bool IsMissed(JsonObject verifier, List<JsonObject> live) => verifier["state"].AsText() switch
    {
        "late" => true,
        "gone" => !live.Exists(other => other["name"].AsText() == verifier["name"].AsText()),
        _ => false,
    };

    private static IEnumerable<Finding> Versions(List<JsonObject> live)
    {
        var versions = live.GroupBy(static verifier => verifier["version"].AsText()).Where(static group => group.Key is not null)
            .OrderByDescending(static group => group.Count()).ToList();
        return versions.Skip(1).Select(group => Finding.Warning(
            Name, string.Join(", ", group.Select(Called)), $"It runs version {group.Key}, and most run {versions[0].Key}.",
            "Bring all verifiers to one version."));
    }

    private static double BoundOf(JsonObject verifier) =>
        verifier["bound"] is JsonValue value && value.TryGetValue(out double seconds) ? seconds : 0;

    private static string Called(JsonObject verifier) => $"{verifier["name"].AsText()} at {verifier["address"].AsText()}";
}
