using Rescind.Cli.Http;
using Rescind.Cli.Output;

namespace Rescind.Cli.Doctor;

/// <summary>When the last backup was made: by its file where that was named, else by the audit trail.</summary>
internal static class BackupCheck
{
    private const string Name = "backup";
    private const int MostPages = 50;
    private const int PageRows = 1000;

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        var oldest = patient.Time.GetUtcNow() - patient.BackupAge;
        var age = TimeText.Length(patient.BackupAge);
        const string Next = "Run `rescind backup FILE`; name the file of another tool's backup with --backup FILE.";
        if (patient.BackupFile is { } file)
        {
            return !File.Exists(file) ? [Finding.Error(Name, file, "The backup is not there.", Next)]
                : File.GetLastWriteTimeUtc(file) >= oldest ? []
                : [Finding.Warning(Name, file, $"The backup is older than {age}.", Next)];
        }

        return await WasMadeSinceAsync(patient, oldest) switch
        {
            true => [],
            false => [Finding.Warning(Name, null, $"No backup was made in {age}.", Next)],
            null => [Finding.Warning(
                Name, null, $"Too much was done in {age} to look for a backup in the audit trail.",
                "Name its file with --backup FILE.")],
        };
    }

    private static async Task<bool?> WasMadeSinceAsync(Patient patient, DateTimeOffset oldest)
    {
        long? after = Math.Max(0, oldest.ToUnixTimeMilliseconds() * 1000);
        for (var page = 0; page < MostPages && after is not null; page++)
        {
            var answer = await patient.Authority.GetAsync(
                string.Create(CultureInfo.InvariantCulture, $"v1/audit?after={after}&limit={PageRows}"));
            if (answer.Items("entries").Any(static entry => entry["action"].AsText() == "backup.made"))
            {
                return true;
            }

            after = answer["next"].AsNumber();
        }

        return after is null ? false : null;
    }
}
