namespace Rescind.Verifier.Authentication;

/// <inheritdoc cref="IVerdictFeature"/>
internal sealed record VerdictFeature(string Scheme, Verdict Verdict, TokenFacts Facts) : IVerdictFeature
{
    public string? RevocationId => Verdict.By.Value == 0 ? null : Verdict.By.ToRevocationId();
}
