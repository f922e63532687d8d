using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Diagnostics;
using Rescind.Verifier.Introspecting;

namespace Rescind.Verifier.Authentication;

/// <summary>Judges the token of a request by what its route demands, and leaves the verdict in the request's features.</summary>
internal sealed class RequestJudge(
    VerifierReplica held,
    RouteDemands demands,
    IntrospectionClient introspection,
    TimeProvider time,
    VerifierMetrics metrics,
    ILogger<RequestJudge> logger)
{
    /// <summary>Now, in seconds since the Unix epoch.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Judges by the replica; asks the Authority where the route has it so; then looks at the login.</summary>
    public async ValueTask DecideAsync(TokenValidatedContext context, AuthenticationState state, TokenFacts facts)
    {
        var demand = demands.For(context.HttpContext.GetEndpoint());
        var verdict = held.Judge.Decide(facts, demand.Freshness);
        if (demand.Asks(verdict))
        {
            verdict = await AskAsync(state.Text, facts, demand).ConfigureAwait(false);
        }

        state.StepUp = demand.StepUp;
        state.Verdict = demand.StepUp?.Judge(verdict, facts, Now) ?? verdict;
        state.Kind = state.Verdict.Kind;
        Show(context, state.Verdict, facts);
    }

    // The Authority's word stands for the freshness of the replica, not for the replica: what that has learnt meanwhile
    // still counts.
    private async Task<Verdict> AskAsync(string token, TokenFacts facts, RouteDemand demand)
    {
        // It knows its own tokens alone: of another issuer's it would say inactive, and log out whoever holds one.
        var answer = held.Replica.FindIssuer(facts.Issuer) is { Own: true }
            ? await introspection.AskAsync(token, demand).ConfigureAwait(false)
            : IntrospectionAnswer.Unknown;
        var known = held.Judge.Decide(facts, TimeSpan.MaxValue);
        return !known.IsValid ? known : answer switch
        {
            IntrospectionAnswer.Active => known,
            IntrospectionAnswer.Inactive => Verdict.Revoked(default),
            _ => Verdict.Unknown(held.Replica.Age),
        };
    }

    private void Show(TokenValidatedContext context, Verdict verdict, TokenFacts facts)
    {
        var feature = new VerdictFeature(context.Scheme.Name, verdict, facts);
        context.HttpContext.Features.Set<IVerdictFeature>(feature);
        if (!verdict.IsValid)
        {
            VerifierLog.Refused(logger, verdict.Kind, facts.TokenId, facts.SessionId, feature.RevocationId);
        }
    }

    public void Count(VerdictKind kind)
    {
        if (kind is not VerdictKind.Undecided)
        {
            metrics.Judged(kind);
        }
    }
}
