using Rescind.Authority.Diagnostics;
using Rescind.Authority.Syntax;

namespace Rescind.Authority.Stores;

/// <summary>What a follower needs by its clock, or by ours, is forgotten: it is sent nothing.</summary>
/// <param name="until">The latest date of what is forgotten, in seconds since the Unix epoch.</param>
internal sealed class ForgottenException(long until)
    : StoreUnavailableException(Errors.VerifierBehind.Sentence(SpecificsOf(until)))
{
    public string Specifics { get; } = SpecificsOf(until);

    private static string SpecificsOf(long until) =>
        $"What was remembered until {Instant.Text(DateTimeOffset.FromUnixTimeSeconds(until))} is forgotten.";
}
