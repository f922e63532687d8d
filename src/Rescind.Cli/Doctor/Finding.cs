namespace Rescind.Cli.Doctor;

/// <summary>How much a finding matters.</summary>
internal enum Severity
{
    /// <summary>Nothing was found.</summary>
    None = 0,

    /// <summary>Every promise holds; something will break one, or weakens what stands around it.</summary>
    Warning = 1,

    /// <summary>A promise does not hold now.</summary>
    Error = 2,
}

/// <summary>What is not as it should be, and what to do about it. Never a secret.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Check">Which check found it: a stable word for programs.</param>
/// <param name="About">What it is about: a verifier, an issuer, a client, a URL.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Next">The next step.</param>
internal sealed record Finding(Severity Severity, string Check, string? About, string Message, string Next)
{
    public static Finding Warning(string check, string? about, string message, string next) =>
        new(Severity.Warning, check, about, message, next);

    public static Finding Error(string check, string? about, string message, string next) =>
        new(Severity.Error, check, about, message, next);

    public JsonObject ToJson() => new()
    {
        ["severity"] = Severity == Severity.Error ? "error" : "warning", ["check"] = Check, ["about"] = About,
        ["message"] = Message, ["next"] = Next,
    };
}
