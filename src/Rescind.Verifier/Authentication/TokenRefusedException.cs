using Microsoft.IdentityModel.Tokens;

namespace Rescind.Verifier.Authentication;

/// <summary>
/// How a verdict passes through the framework, whose only word for no is an exception. Carries the verdict to the challenge;
/// its message is for logs and names ids alone.
/// </summary>
internal sealed class TokenRefusedException(VerdictKind kind, string message, Verdict verdict = default)
    : SecurityTokenException(message)
{
    public VerdictKind Kind { get; } = kind;

    /// <summary>The verdict, if the token came as far as being judged.</summary>
    public Verdict Verdict { get; } = verdict;

    public static TokenRefusedException Of(Verdict verdict) => new(
        verdict.Kind,
        verdict.By.Value == 0
            ? $"The verdict is {verdict.Kind}."
            : $"The verdict is {verdict.Kind}, by {verdict.By.ToRevocationId()}.",
        verdict);
}
