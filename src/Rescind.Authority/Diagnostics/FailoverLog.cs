using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>The log lines of a store that has failed over and lost a part of its log.</summary>
internal static partial class FailoverLog
{
    [LoggerMessage(1038, LogLevel.Critical, "RSC1038 The store has lost the end of its log in a failover, and another epoch has "
        + "begun. This node had published up to {Published}; {Acts} acts that the store lacked were appended again. What was "
        + "lifted or registered in the moments before is to be repeated.")]
    public static partial void Recovered(ILogger logger, LogPosition published, int acts);

    [LoggerMessage(1810, LogLevel.Critical, "No node remembers all that was lost in the failover: every session is ended, "
        + "everybody logs in again.")]
    public static partial void EndedAll(ILogger logger);
}
