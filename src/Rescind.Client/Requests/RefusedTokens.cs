using Microsoft.Extensions.Logging;
using Rescind.Client.Diagnostics;
using Rescind.Client.Refreshing;

namespace Rescind.Client.Requests;

/// <summary>
/// Access tokens that were given away and that a server has refused. Each is replaced once, for all who have it; where the
/// new one is refused at once too another would not help, and it stays in use for a growing while. Safe for concurrent use.
/// </summary>
internal sealed class RefusedTokens(TimeProvider time, Refusals refusals, ILogger logger)
{
    private const string Servers = "a connection's server";

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new(); // Protects the fields below.
    private ActiveTokens? _refused;
    private ActiveTokens? _replacement;
    private Pause _trial;

    /// <summary>Takes tokens out of use, unless no other would help.</summary>
    public void Refuse(ActiveTokens active)
    {
        lock (_lock)
        {
            if (active.IsRetired || refusals.IsPausing(Servers))
            {
                return;
            }

            if (active == _replacement && !_trial.IsOver(time))
            {
                _replacement = null;
                refusals.Begin(Servers);
                ClientLog.RefusedAgain(logger, Servers);
                return;
            }

            active.Retire();
            _refused = active;
            ClientLog.Refused(logger, Servers);
        }
    }

    /// <summary>These are given away, perhaps in place of what was refused.</summary>
    public void Give(ActiveTokens active)
    {
        lock (_lock)
        {
            if (_refused is not null && active != _refused)
            {
                (_refused, _replacement, _trial) = (null, active, Pause.From(time, AtOnce));
            }
        }
    }
}
