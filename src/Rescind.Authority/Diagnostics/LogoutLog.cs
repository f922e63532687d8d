using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>Clients that could not be told of a logout. Names ids, never a token (G7).</summary>
internal static partial class LogoutLog
{
    [LoggerMessage(1710, LogLevel.Warning, "The client {ClientId} could not be told of a logout and will be told later: {Fault}")]
    public static partial void Failed(ILogger logger, string clientId, string fault);

    [LoggerMessage(1711, LogLevel.Warning, "The client {ClientId} refused to be told that session {SessionId} ended.")]
    public static partial void Refused(ILogger logger, string clientId, string sessionId);

    [LoggerMessage(1712, LogLevel.Error, "The client {ClientId} could not be told of {Count} logouts for {Hours} h: "
        + "they are given up.")]
    public static partial void GivenUp(ILogger logger, string clientId, int count, double hours);

    [LoggerMessage(1713, LogLevel.Error, "Logouts cannot be read or kept and will be tried again: {Reason}")]
    public static partial void StoreUnavailable(ILogger logger, string reason);
}
