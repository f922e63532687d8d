namespace Rescind.Cli.Doctor;

/// <summary>All checks, in the order in which one makes sense after the other.</summary>
internal static class Checkup
{
    private static readonly IReadOnlyList<Check> Checks =
    [
        new("tls", TlsCheck.FindAsync), new("health", HealthCheck.FindAsync), new("clock", ClockCheck.FindAsync),
        new("store", StoreCheck.FindAsync), new("verifiers", VerifiersCheck.FindAsync),
        new("retention", IssuersCheck.RetentionAsync), new("issuers", IssuersCheck.KeysAsync),
        new("configuration", ClientsCheck.FindAsync), new("folder", FolderCheck.FindAsync), new("backup", BackupCheck.FindAsync),
        new("apis", ApisCheck.FindAsync),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Checks.Select(static check => check.Name)];

    /// <summary>
    /// Runs them; each kind of finding about one thing is said once. What the first finds wrong with the line to the
    /// Authority ends the
    /// run: nothing more could be asked.
    /// </summary>
    public static async Task<IReadOnlyList<Finding>> RunAsync(Patient patient)
    {
        var findings = new List<Finding>();
        foreach (var check in Checks)
        {
            findings.AddRange(await check.FindAsync(patient));
            if (check.Name == "tls" && findings.Exists(static finding => finding.Severity == Severity.Error))
            {
                break;
            }
        }

        return findings;
    }
}
