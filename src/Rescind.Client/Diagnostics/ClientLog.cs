using Microsoft.Extensions.Logging;

namespace Rescind.Client.Diagnostics;

/// <summary>Every log line of the client; never a token or a secret. The id of a failure is its error number.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(5010, LogLevel.Debug, "The session was refreshed.")]
    public static partial void Refreshed(ILogger logger);

    [LoggerMessage(5011, LogLevel.Debug, "The access token was refused by {Host}.")]
    public static partial void Refused(ILogger logger, string host);

    [LoggerMessage(5012, LogLevel.Warning,
        "{Host} refuses even a new access token. Its refusals are handed to the callers for a while, without a refresh.")]
    public static partial void RefusedAgain(ILogger logger, string host);

    [LoggerMessage(5013, LogLevel.Warning,
        "The token store gave what cannot be a token. It counts as absent: without a refresh token there is no session "
        + "until the next login. "
        + "See docs/errors/RSC5106.md.")]
    public static partial void NotTokens(ILogger logger);

    [LoggerMessage(5014, LogLevel.Information, "The token store was cleared: another process has logged the session out.")]
    public static partial void LoggedOutElsewhere(ILogger logger);

    [LoggerMessage(5102, LogLevel.Warning,
        "The session has ended: {Reason}, explanation {Explanation}. See docs/errors/RSC5102.md.")]
    public static partial void Ended(ILogger logger, string? reason, string? explanation);

    [LoggerMessage(5103, LogLevel.Warning, "The session was not refreshed: {Trouble}")]
    public static partial void NotRefreshed(ILogger logger, string trouble, Exception? cause);

    [LoggerMessage(5106, LogLevel.Error, "The token store could not forget the session. See docs/errors/RSC5106.md.")]
    public static partial void NotForgotten(ILogger logger, Exception? cause);

    [LoggerMessage(5108, LogLevel.Error, "A handler of RescindSession.Ended failed. See docs/errors/RSC5108.md.")]
    public static partial void EndedHandlerFailed(ILogger logger, Exception failure);

    [LoggerMessage(5109, LogLevel.Warning,
        "The tokens are forgotten here, but the Authority could not be told to end the session: {Trouble} See "
        + "docs/errors/RSC5109.md.")]
    public static partial void NotRevoked(ILogger logger, string trouble, Exception? cause);
}
