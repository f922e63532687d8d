namespace Rescind.Cli.Doctor;

/// <summary>The data folder, where it is at hand: its secrets are for its owner alone.</summary>
internal static class FolderCheck
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly string[] Secrets = ["master.key", "admin.json", "rescind.db"];

    public static Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        IReadOnlyList<Finding> findings = patient.Data is null || OperatingSystem.IsWindows()
            ? [] : [.. Secrets.Select(name => Path.Combine(patient.Data, name)).Where(IsOpen).Select(static path => Finding.Error(
                "folder", path, "Others of this machine may read it, and with it everything.",
                $"chmod 600 '{path.Replace("'", "'\\''", StringComparison.Ordinal)}'"))];
        return Task.FromResult(findings);
    }

    private static bool IsOpen(string path) =>
        !OperatingSystem.IsWindows() && File.Exists(path) && (File.GetUnixFileMode(path) & Others) != 0;
}
