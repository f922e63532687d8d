using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>What the upkeep could not do, and what it saw.</summary>
internal static partial class UpkeepLog
{
    [LoggerMessage(1910, LogLevel.Error, "Upkeep failed and will be tried again: {Reason}")]
    public static partial void Failed(ILogger logger, string reason);

    [LoggerMessage(1807, LogLevel.Information, "The database is large: whether every page of it is whole is looked at "
        + "while the Authority runs.")]
    public static partial void Checking(ILogger logger);

    [LoggerMessage(1808, LogLevel.Information, "Every page of the database is whole. That took {Seconds} s.")]
    public static partial void Checked(ILogger logger, long seconds);

    [LoggerMessage(1809, LogLevel.Error, "The pages of the database could not be looked at; the next start tries "
        + "again: {Reason}")]
    public static partial void Unchecked(ILogger logger, string reason);

    [LoggerMessage(1008, LogLevel.Critical, "{Reason} Nothing is read from it or recorded any more.")]
    public static partial void Damaged(ILogger logger, string reason);

    [LoggerMessage(1028, LogLevel.Warning,
        "The clock has been set {Seconds} s ahead since the start: nothing is recorded until it has stood so for a "
        + "minute, and nothing is forgotten "
        + "by it for a day. See docs/errors/RSC1028.md.")]
    public static partial void ClockJumped(ILogger logger, long seconds);
}
