namespace Rescind;

/// <summary>
/// Judges tokens by a replica: synchronous, no I/O, no allocation, no lock. Precedence: Expired and Invalid, Revoked
/// (key, block, end), Reauthenticate, Renew, Unknown, Valid; so a stale verifier still refuses with 401 what it knows
/// to be dead. Safe for concurrent use.
/// </summary>
public sealed class Judge
{
    private readonly Replica _replica;
    private readonly TimeProvider _time;

    /// <summary>A judge of <paramref name="replica"/>.</summary>
    public Judge(Replica replica, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(replica);
        ArgumentNullException.ThrowIfNull(time);
        _replica = replica;
        _time = time;
    }

    /// <summary>
    /// The verdict on a token whose signature is already verified. Reads the proof of freshness first, then the map,
    /// the clock last, so that no gap between them can make an answer look fresher than it is.
    /// </summary>
    /// <param name="facts">The token's facts.</param>
    /// <param name="maxStaleness">The freshness that this route demands; at most the verifier's bound.</param>
    public Verdict Decide(TokenFacts facts, TimeSpan maxStaleness)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var proof = _replica.IsReady && !_replica.NeedsUpgrade ? _replica.Proof : null;
        var view = _replica.View;
        if (!view.Issuers.TryGetValue(facts.Issuer, out var record))
        {
            return Verdict.Unknown(proof?.AgeAt(_time) ?? TimeSpan.MaxValue);
        }

        var findings = new Findings(facts, record);
        var probe = new Probe(_replica.Key, facts.Probes.Issuer);
        findings.Look(view.Set, probe);
        foreach (var fork in view.Forks)
        {
            findings.Look(fork, view.Set, probe);
        }

        var age = proof?.AgeAt(_time) ?? TimeSpan.MaxValue;
        return Decide(facts, record, findings, _time.GetUtcNow().ToUnixTimeSeconds(), age > maxStaleness ? age : null);
    }

    private static Verdict Decide(TokenFacts facts, IssuerRecord record, in Findings findings, long now, TimeSpan? tooOld)
    {
        var expires = facts.ExpiresAt + record.LimitsFor(facts.IssuedAt ?? 0).Leeway;
        if (now >= expires)
        {
            return Verdict.Expired;
        }

        if (BreaksItsIssuersRules(facts, record, now))
        {
            return Verdict.Invalid;
        }

        var dead = !findings.KeyBy.Equals(default) ? findings.KeyBy
            : !findings.Block.IsEmpty && now < findings.Block.Second ? findings.Block.By
            : findings.EndBy;
        return dead.Value != 0 ? Verdict.Revoked(dead)
            : !findings.Reauthenticate.IsEmpty
                ? Verdict.Reauthenticate(findings.Reauthenticate.By, findings.Reauthenticate.Second)
            : findings.RenewBy.Value != 0 ? Verdict.Renew(findings.RenewBy)
            : tooOld is { } age ? Verdict.Unknown(age)
            : Verdict.Valid(Math.Min(expires, LoginEnds(facts, record)));
    }

    // The second after which the login is older than its issuer's sessions get, though the token may still have time.
    private static long LoginEnds(TokenFacts facts, IssuerRecord record) =>
        facts.AuthTime is { } login && record.LimitsFor(login) is { MaxSessionLifetime: { } lifetime, Leeway: var leeway }
            ? login + lifetime + leeway + 1
            : long.MaxValue;

    // What lives longer than declared would outlive its revocation (G6); what is from the future would defeat cutoffs (JWT-9).
    // Without iat a token counts as one from before every change of the limits.
    private static bool BreaksItsIssuersRules(TokenFacts facts, IssuerRecord record, long now)
    {
        var limits = record.LimitsFor(facts.IssuedAt ?? 0);
        var latest = now + limits.Leeway;
        var logins = record.LimitsFor(facts.AuthTime ?? now);
        return facts.IssuedAt > latest || facts.NotBefore > latest || facts.AuthTime > latest
            || facts.ExpiresAt - (facts.IssuedAt ?? now) > limits.MaxTokenLifetime
            || now - facts.AuthTime > logins.MaxSessionLifetime + logins.Leeway;
    }
}
