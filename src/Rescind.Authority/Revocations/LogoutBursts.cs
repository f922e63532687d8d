using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Revocations;

/// <summary>
/// Tells operators of a sender whose word logs out many people at once (GR-5): whoever holds a client's secret or an issuer's
/// key could mean harm with it. What it says is done all the same, and each act is audited. Safe for concurrent use.
/// </summary>
internal sealed class LogoutBursts(IOptions<AuthorityOptions> options, TimeProvider time, ILogger<LogoutBursts> logger)
{
    private readonly MinuteCounts _logouts = new(time);

    /// <summary>
    /// Counts one logout on the word of <paramref name="actor"/>; the one that makes a burst of them is told, once a minute.
    /// </summary>
    public void Count(string actor)
    {
        var most = options.Value.LogoutBurst;
        if (_logouts.Add(actor, most, out _) == most)
        {
            AuthorityLog.LogoutBurst(logger, actor, most);
        }
    }
}
