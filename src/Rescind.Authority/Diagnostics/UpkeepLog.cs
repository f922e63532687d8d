using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>What the upkeep could not do.</summary>
internal static partial class UpkeepLog
{
    [LoggerMessage(1910, LogLevel.Error, "Upkeep failed and will be tried again: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);
}
