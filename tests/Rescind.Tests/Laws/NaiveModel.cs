namespace Rescind.Tests.Laws;

/// <summary>
/// The rules as sentences: a list of acts, scanned anew for each token. Shares no algebra with the product: it knows no
/// states, no slots, no merging and no hashing.
/// </summary>
internal static class NaiveModel
{
    /// <summary>The verdict of an always fresh verifier, and the acts that could explain it.</summary>
    public static (VerdictKind Kind, long[] By) Judge(Scenario scenario, Token token)
    {
        var limits = scenario.Issuer.Limits;
        if (scenario.Now >= token.Expires + limits.Leeway)
        {
            return (VerdictKind.Expired, []);
        }

        if (IsInvalid(token, limits, scenario.Now))
        {
            return (VerdictKind.Invalid, []);
        }

        var acts = scenario.Acts.Where(act => !act.Lifted && Names(act, token, scenario)).ToList();
        return First(VerdictKind.Revoked, acts.Where(act => act.Kind is MatchKind.Key))
            ?? First(VerdictKind.Revoked, acts.Where(act => act.Effect is Effect.Block && scenario.Now < act.Second))
            ?? First(VerdictKind.Revoked,
                acts.Where(act => act.Effect is Effect.End && (IsUnconditional(act) || IsBefore(act, token, scenario))))
            ?? First(VerdictKind.Reauthenticate,
                acts.Where(act => act.Effect is Effect.Reauthenticate && IsLoginBefore(act, token, scenario)))
            ?? First(VerdictKind.Renew, acts.Where(act => act.Effect is Effect.Renew && IsBefore(act, token, scenario)))
            ?? (VerdictKind.Valid, []);
    }

    private static (VerdictKind Kind, long[] By)? First(VerdictKind kind, IEnumerable<Act> acts) =>
        acts.Select(act => act.Position).ToArray() is { Length: > 0 } positions ? (kind, positions) : null;

    private static bool IsInvalid(Token token, IssuerLimits limits, long now) =>
        token.IssuedAt > now + limits.Leeway
        || token.AuthTime > now + limits.Leeway
        || token.Expires - (token.IssuedAt ?? now) > (limits.MaxTokenLifetime ?? long.MaxValue)
        || (token.AuthTime is { } login && limits.MaxSessionLifetime is { } session && now > login + session + limits.Leeway);

    /// <summary>Whether an act names a token, whatever it does to it.</summary>
    internal static bool Names(Act act, Token token, Scenario scenario) => act.Kind switch
    {
        MatchKind.Token => act.Value == token.Jti,
        MatchKind.Digest => token.Jti is null && act.Value == TestToken.DigestOf(token.ToText(scenario.Issuer.Issuer)),
        MatchKind.Session => act.Value == token.Sid,
        MatchKind.Subject => act.Value == token.Sub,
        MatchKind.Client => act.Value == token.Client,
        MatchKind.Key => act.Value == "k1" || act.Value == token.Thumbprint,
        MatchKind.Issuer => true,
        MatchKind.Tag => act.Name switch
        {
            "tenant" => act.Value == token.Tenant,
            "roles" => token.Roles.Contains(act.Value),
            "level" => act.Value == "7",
            "sub" => act.Value == token.Sub,
            _ => false,
        },
        _ => false,
    };

    private static bool IsUnconditional(Act act) =>
        act.Kind is MatchKind.Token or MatchKind.Digest or MatchKind.Session or MatchKind.Key;

    private static bool IsBefore(Act act, Token token, Scenario scenario) => scenario.Issuer switch
    {
        { Own: true } => (token.Lpos ?? 0) < act.Position,
        { IssuedAtAbsent: true } => true,
        var foreign => token.IssuedAt <= act.Second + foreign.Limits.ClockSkew,
    };

    private static bool IsLoginBefore(Act act, Token token, Scenario scenario) =>
        token.AuthTime is not { } login || login <= act.Second + (scenario.Issuer.Own ? 0 : scenario.Issuer.Limits.ClockSkew);
}
