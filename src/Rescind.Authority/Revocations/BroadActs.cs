using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;

namespace Rescind.Authority.Revocations;

/// <summary>
/// How many broad acts each actor did within a minute: a client that runs wild, or whose secret was stolen, cannot end
/// a company tenant by tenant before somebody looks. Dry runs and lifts do not count. Safe for concurrent use.
/// </summary>
internal sealed class BroadActs(IOptions<AuthorityOptions> options, TimeProvider time)
{
    private readonly MinuteCounts _acts = new(time);

    /// <summary>Counts one act of <paramref name="actor"/>; its refusal if that is one too many, which is not counted.</summary>
    public Refusal? Enter(string actor) => _acts.Add(actor, options.Value.BroadActsPerMinute, out var left) > 0
        ? null
        : new(Errors.TooManyBroadActs) { RetryAfterSeconds = (int)Math.Ceiling(left.TotalSeconds) };
}
