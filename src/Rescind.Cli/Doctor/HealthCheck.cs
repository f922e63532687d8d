using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>What the Authority says of itself.</summary>
internal static class HealthCheck
{
    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        var health = await patient.Authority.GetAsync("health");
        return [.. health.Items("notes").Select(static note => Finding.Error(
            "health", note["code"].AsText(), note["title"].AsText() ?? "The Authority is not healthy.",
            note["next_step"].AsText() ?? "Look into its log."))];
    }
}
