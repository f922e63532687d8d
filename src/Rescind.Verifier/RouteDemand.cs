using Rescind.Verifier.Authentication;

namespace Rescind.Verifier;

/// <summary>What one route demands of a token.</summary>
/// <param name="Freshness">How old the replica may be, or the Authority's answer in its place.</param>
/// <param name="WhenStale">What to do when the replica is older.</param>
/// <param name="Introspection">Whether the Authority is asked every time.</param>
/// <param name="StepUp">What the login must show; null if nothing.</param>
internal sealed record RouteDemand(TimeSpan Freshness, StaleAction WhenStale, bool Introspection, StepUp? StepUp)
{
    /// <summary>Whether the Authority may be asked at all.</summary>
    public bool MayAsk => Introspection || WhenStale is StaleAction.Introspect;

    /// <summary>Whether the Authority has to speak for a token of which the replica says this.</summary>
    public bool Asks(Verdict verdict) => verdict.IsValid ? Introspection : verdict.Kind is VerdictKind.Unknown && MayAsk;
}
