using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Endpoints;

namespace Rescind.Authority.Revoking;

/// <summary>
/// How many broad acts each actor did in the minute that began with its first: a client that runs wild, or whose secret was stolen, cannot
/// end a company tenant by tenant before somebody looks. Dry runs and lifts do not count. Safe for concurrent use.
/// </summary>
internal sealed class BroadActs(IOptions<AuthorityOptions> options, TimeProvider time)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // Protects the windows; actors are registered clients, so there are never many.
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long Began, int Acts)> _windows = new(StringComparer.Ordinal);

    /// <summary>Counts one act of <paramref name="actor"/>; its refusal if that is one too many, which is not counted.</summary>
    public Problem? Enter(string actor)
    {
        lock (_lock)
        {
            var (began, acts) = _windows.GetValueOrDefault(actor);
            var left = acts == 0 ? TimeSpan.Zero : Window - time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
            {
                (began, acts) = (time.GetTimestamp(), 0);
            }

            if (acts >= options.Value.BroadActsPerMinute)
            {
                return new(Errors.TooManyBroadActs) { RetryAfterSeconds = (int)Math.Ceiling(left.TotalSeconds) };
            }

            _windows[actor] = (began, acts + 1);
            return null;
        }
    }
}
