using Microsoft.Extensions.Logging;
using Rescind.Client.Diagnostics;
using Rescind.Client.Refreshing;

namespace Rescind.Client.Calling;

/// <summary>
/// Access tokens that were given away and that a server has refused. Each is replaced once, for all who have it; where the new one is refused at
/// once too another would not help, and it stays in use for a growing while. Safe for concurrent use.
/// </summary>
internal sealed class RefusedTokens(TimeProvider time, Refusals refusals, ILogger logger)
{
    private const string Servers = "a connection's server";

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new(); // Protects the fields below.
    private Holding? _refused;
    private Holding? _replacement;
    private Pause _trial;

    /// <summary>Takes tokens out of use, unless no other would help.</summary>
    public void Refuse(Holding holding)
    {
        lock (_lock)
        {
            if (holding.IsRetired || refusals.IsPausing(Servers))
            {
                return;
            }

            if (holding == _replacement && !_trial.IsOver(time))
            {
                _replacement = null;
                refusals.Begin(Servers);
                ClientLog.RefusedAgain(logger, Servers);
                return;
            }

            holding.Retire();
            _refused = holding;
            ClientLog.Refused(logger, Servers);
        }
    }

    /// <summary>These are given away, perhaps in place of what was refused.</summary>
    public void Give(Holding holding)
    {
        lock (_lock)
        {
            if (_refused is not null && holding != _refused)
            {
                (_refused, _replacement, _trial) = (null, holding, Pause.From(time, AtOnce));
            }
        }
    }
}
