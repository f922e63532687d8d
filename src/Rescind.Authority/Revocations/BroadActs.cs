using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>
/// How many broad acts each actor did within a minute, at whichever node: a client that runs wild, or whose secret was
/// stolen, cannot end a company tenant by tenant before somebody looks. Dry runs and lifts do not count. Safe for
/// concurrent use.
/// </summary>
internal sealed class BroadActs(IOptions<AuthorityOptions> options, IAuthorityStore store)
{
    /// <summary>Counts one act of <paramref name="actor"/>; its refusal if that is one too many, which is not counted.</summary>
    public async Task<Refusal?> EnterAsync(string actor, CancellationToken cancellationToken)
    {
        var (count, left) = await store.Nodes.CountAsync(
            $"broad acts of {actor}", options.Value.BroadActsPerMinute, cancellationToken).ConfigureAwait(false);
        return count > 0
            ? null
            : new(Errors.TooManyBroadActs) { RetryAfterSeconds = (int)Math.Ceiling(left.TotalSeconds) };
    }
}
