using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>What the canaries show. Names verifiers, never a token.</summary>
internal static partial class CanaryLog
{
    [LoggerMessage(2220, LogLevel.Critical, "RSC2220 The verifier {Name}/{Instance} of {ClientId} does not refuse what was "
        + "revoked: its bound of {Bound} s is over. Take it out of service. See docs/errors/RSC2220.md.")]
    public static partial void NotRefused(ILogger logger, string name, string instance, string clientId, double bound);

    [LoggerMessage(2221, LogLevel.Information, "The verifier {Name}/{Instance} of {ClientId} refuses what was revoked again.")]
    public static partial void RefusedAgain(ILogger logger, string name, string instance, string clientId);

    [LoggerMessage(2222, LogLevel.Error, "No canary could be revoked, and the next round tries again: {Reason}")]
    public static partial void NotRevoked(ILogger logger, string reason);
}
