using Rescind.Cli.Http;

namespace Rescind.Cli.Doctor;

/// <summary>Whether what is acknowledged would survive the loss of the machine that holds it.</summary>
internal static class StoreCheck
{
    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        using var answer = await patient.Authority.SendAsync(() => new(HttpMethod.Get, "health/ready"), patient.Cancellation);
        var text = await Answers.ReadTextAsync(answer.Content, patient.Cancellation);
        return text.Split('\n', 2) is [_, { Length: > 0 } weakness]
            ? [Finding.Warning(
                "store", null, weakness,
                "Set synchronous_commit and synchronous_standby_names so that a commit waits for a standby.")]
            : [];
    }
}
