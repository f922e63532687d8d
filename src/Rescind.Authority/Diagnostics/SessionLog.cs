using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>The log lines of making tokens.</summary>
internal static partial class SessionLog
{
    [LoggerMessage(1325, LogLevel.Error, "RSC1325 The application gives session {Session} claims that a token cannot "
        + "carry: {Reason} "
        + "It gets no token until that changes. See docs/errors/RSC1325.md.")]
    public static partial void ClaimsRefused(ILogger logger, string session, string reason);
}
