using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>Signals of theft and of clients that lose answers. Names ids, never a token (G7).</summary>
internal static partial class RotationLog
{
    [LoggerMessage(1210, LogLevel.Warning,
        "A refresh token of session {SessionId} was used again: subject {Subject}, generation {Presented} of {Current}.")]
    public static partial void Reuse(ILogger logger, string sessionId, string subject, uint presented, uint current);

    [LoggerMessage(1211, LogLevel.Warning,
        "Session {SessionId} repeated a refresh late or often: generation {Generation}, {Retries} generations in a row.")]
    public static partial void UnusualRetry(ILogger logger, string sessionId, uint generation, int retries);
}
