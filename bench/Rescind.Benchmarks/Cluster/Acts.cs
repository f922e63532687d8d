using Rescind.Authority.Decisions;
using Rescind.Authority.Revocations;
using Rescind.Authority.Stores;

namespace Rescind.Benchmarks.Cluster;

/// <summary>Acts on tokens that nobody has ended yet.</summary>
internal sealed class Acts(IRevocationStore store, string issuer)
{
    public async Task AppendAsync()
    {
        var outcome = await store.RevokeAsync(
            new()
            {
                Issuer = issuer, Match = Match.Token(Entropy.System.NextId()), Effect = Effect.End, Reason = "benchmark",
                Audit = AuditContext.System,
            },
            CancellationToken.None);
        if (outcome.Result is not RevokeResult.Appended)
        {
            throw new InvalidOperationException($"{outcome.Result}");
        }
    }
}
