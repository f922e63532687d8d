namespace Rescind.Verifier.Authentication;

/// <summary>
/// What a route demands of the login behind a token (RFC 9470). Pure: judges what the strict reader found, and only
/// after the token was found valid, so that a stranger does not learn what is demanded (SU-5).
/// </summary>
internal sealed class StepUp
{
    private readonly bool _needsAcr;

    public StepUp(IReadOnlyList<RequireStepUpAttribute> demands)
    {
        MaxAge = demands.Min(demand => demand.MaxAgeSeconds);
        var lists = demands.Select(demand => demand.Acr).Where(acr => acr.Count > 0).ToList();
        _needsAcr = lists.Count > 0;
        AcrValues = _needsAcr
            ? [.. lists[^1].Where(value => lists.TrueForAll(acr => acr.Contains(value)))]
            : [];
    }

    /// <summary>How many seconds ago the login may have been, by the strictest demand; null if that does not matter.</summary>
    public int? MaxAge { get; }

    /// <summary>The <c>acr</c> values that meet every demand, in the order of the last, which is the route's own.</summary>
    public IReadOnlyList<string> AcrValues { get; }

    /// <summary>The verdict, or, if it is valid and the login does not suffice, that a better login is needed.</summary>
    public Verdict Judge(Verdict verdict, TokenFacts facts, long now)
    {
        // max_age is an allowable time since the login: one exactly that old suffices. None counts as too old (SU-7).
        var after = MaxAge is { } maxAge ? now - maxAge - 1 : 0;
        var suffices = (MaxAge is null || facts.AuthTime > after)
            && (!_needsAcr || AcrValues.Contains(facts.Acr));
        return verdict.IsValid && !suffices ? Verdict.Reauthenticate(default, after) : verdict;
    }
}
