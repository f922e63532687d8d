using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>The log lines of serving the feed.</summary>
internal static partial class FeedLog
{
    [LoggerMessage(2207, LogLevel.Critical, "RSC2207 {Actor} follows the log and knows position {Position}, which is "
        + "not in it; its head is {Head}. "
        + "Was an older copy of the data put back? Then what was revoked since that copy lives again: stop the Authority and run "
        + "`rescind restore`. See docs/errors/RSC2207.md.")]
    public static partial void OlderCopy(ILogger logger, string actor, LogPosition position, LogPosition head);
}
