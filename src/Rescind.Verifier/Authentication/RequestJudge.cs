using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rescind.Verifier.Diagnostics;

namespace Rescind.Verifier.Authentication;

/// <summary>Judges the token of a request by what its route demands, and leaves the verdict in the request's features.</summary>
internal sealed class RequestJudge(
    VerifierReplica held, FreshnessDemands demands, TimeProvider time, VerifierMetrics metrics, ILogger<RequestJudge> logger)
{
    /// <summary>Now, in seconds since the Unix epoch.</summary>
    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public Verdict Decide(TokenValidatedContext context, TokenFacts facts)
    {
        var verdict = held.Judge.Decide(facts, demands.For(context.HttpContext.GetEndpoint()));
        var feature = new VerdictFeature(context.Scheme.Name, verdict, facts);
        context.HttpContext.Features.Set<IVerdictFeature>(feature);
        if (!verdict.IsValid)
        {
            VerifierLog.Refused(logger, verdict.Kind, facts.TokenId, facts.SessionId, feature.RevocationId);
        }

        return verdict;
    }

    public void Count(VerdictKind kind)
    {
        if (kind is not VerdictKind.Undecided)
        {
            metrics.Judged(kind);
        }
    }
}
