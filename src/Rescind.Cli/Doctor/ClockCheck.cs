namespace Rescind.Cli.Doctor;

/// <summary>Whether the Authority's clock and this machine's agree.</summary>
internal static class ClockCheck
{
    // A header says whole seconds, and the answer was on its way.
    private static readonly TimeSpan Unseen = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(60);

    public static async Task<IReadOnlyList<Finding>> FindAsync(Patient patient)
    {
        using var answer = await patient.Authority.SendAsync(() => new(HttpMethod.Get, "health/live"), patient.Cancellation);
        if (answer.Headers.Date is not { } said)
        {
            return [];
        }

        var apart = (said - patient.Time.GetUtcNow()).Duration();
        var message = FormattableString.Invariant($"Its clock and this machine's are {apart.TotalSeconds:0} s apart.");
        var severity = apart > Margin ? Severity.Error : Severity.Warning;
        const string Next = "Let both follow a time server: verifiers refuse tokens from the future.";
        return apart <= Unseen ? []
            : [new(severity, "clock", patient.Authority.Address.Authority, message, Next)];
    }
}
