using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Rescind.Verifier.Authentication;
using Rescind.Verifier.Connections;

namespace Rescind.Verifier.Canaries;

/// <summary>
/// The canaries that the Authority has given: tokens for nobody, judged at each poll by what judges everybody's, and a
/// live connection under each, which the same index finds and the same code shuts. No scheme takes their audience. One
/// caller at a time: the loop that follows the feed.
/// </summary>
internal sealed class HeldCanaries(VerifierReplica held, VerificationKeys keys, LiveConnections connections, TimeSpan bound)
{
    private readonly JsonWebTokenHandler _signatures = new() { MapInboundClaims = false };
    private readonly List<(TokenFacts Facts, LiveConnection Connection)> _all = [];

    /// <summary>Takes another one, as a request's token is taken; one that is not good is left.</summary>
    public async Task TakeAsync(string token)
    {
        if (held.Replica.OwnIssuer is not { } own || !CompactJws.TryRead(token, out var jws, out _) || jws.Issuer != own.Issuer
            || !TokenFacts.TryCreate(jws, own, null, out var facts, out _)
            || keys.FindOwn(new(own.Issuer, jws.KeyId, jws.Algorithm), facts).Key is not { } key
            || _all.Any(one => one.Facts.TokenId == facts.TokenId) || !await IsSignedAsync(token, own, key).ConfigureAwait(false))
        {
            return;
        }

        if (_all.Count == CanaryReport.Most)
        {
            Drop(_all[0]);
        }

        var connection = new LiveConnection(
            connections, new(facts, new(new()), bound, CanaryTransport.Origin), new CanaryTransport());
        connection.Begin();
        _all.Add((facts, connection));
    }

    /// <summary>Live connections hear of entries that have been applied, before they are acknowledged.</summary>
    public void Applied(IReadOnlyList<LogEntry> entries) => connections.Applied(entries);

    /// <summary>What each is worth now. Those that are past their life are forgotten.</summary>
    public IReadOnlyList<CanaryReport> Report()
    {
        connections.DoWhatIsDue([]);
        List<CanaryReport> reports = [];
        foreach (var one in _all.ToArray())
        {
            var verdict = held.Judge.Decide(one.Facts, bound).Kind;
            if (verdict is VerdictKind.Expired)
            {
                Drop(one);
                continue;
            }

            var isOpen = one.Connection.Ending is null && one.Connection.Look() is DeliveryState.Open;
            reports.Add(new(one.Facts.TokenId!, verdict, isOpen));
        }

        return reports;
    }

    private void Drop((TokenFacts Facts, LiveConnection Connection) one)
    {
        _all.Remove(one);
        connections.Remove(one.Connection, one.Facts, end: null);
    }

    private async Task<bool> IsSignedAsync(string token, IssuerRecord own, SecurityKey key)
    {
        var result = await _signatures.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = own.Issuer, ValidAudience = own.Issuer + "/canary", IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false, ClockSkew = TimeSpan.FromSeconds(Math.Min(own.Limits.Leeway, TokenFacts.MaxDate)),
        }).ConfigureAwait(false);
        return result.IsValid;
    }
}
