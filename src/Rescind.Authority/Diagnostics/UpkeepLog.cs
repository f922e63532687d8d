using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>What the upkeep could not do, and what it saw.</summary>
internal static partial class UpkeepLog
{
    [LoggerMessage(1910, LogLevel.Error, "Upkeep failed and will be tried again: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(1028, LogLevel.Warning,
        "The clock has been set {Seconds} s ahead since the start: nothing is recorded until it has stood so for a minute, and nothing is forgotten "
        + "by it for a day. See docs/errors/RSC1028.md.")]
    public static partial void ClockJumped(ILogger logger, long seconds);
}
