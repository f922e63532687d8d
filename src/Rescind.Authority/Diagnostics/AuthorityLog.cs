using Microsoft.Extensions.Logging;

namespace Rescind.Authority.Diagnostics;

/// <summary>Every log line of hosting and administration. Names ids, never a token or a secret (G7, T-69).</summary>
internal static partial class AuthorityLog
{
    [LoggerMessage(1800, LogLevel.Information, "The Authority {Issuer} has started: epoch {Epoch}, position {Position}.")]
    public static partial void Started(ILogger logger, string issuer, string epoch, LogPosition position);

    [LoggerMessage(1801, LogLevel.Warning, "Development mode: loopback alone, keys and data in {DataDirectory}. Never "
        + "expose this server.")]
    public static partial void Development(ILogger logger, string dataDirectory);

    [LoggerMessage(1802, LogLevel.Warning, "AllowPlainHttpBehindReverseProxyThatTerminatesTls is on: "
        + "whoever reaches this port without the proxy sends tokens in clear.")]
    public static partial void TrustsReverseProxy(ILogger logger);

    [LoggerMessage(1803, LogLevel.Information, "The administrator's credentials are in {Path}.")]
    public static partial void AdminCreated(ILogger logger, string path);

    [LoggerMessage(1804, LogLevel.Critical, "The data was restored, or is older than what was known here: a new epoch "
        + "{Epoch} has begun, "
        + "every session is ended and every key replaced.")]
    public static partial void Restored(ILogger logger, string epoch);

    [LoggerMessage(1805, LogLevel.Warning, "{Actor} has logged out {Count} people within a minute. If that is not "
        + "meant, take away its credentials: "
        + "the audit trail has each act, and each can be lifted.")]
    public static partial void LogoutBurst(ILogger logger, string actor, int count);

    [LoggerMessage(1806, LogLevel.Warning, "The issuer is plain http: the refresh cookie goes without Secure and is "
        + "named {Name}.")]
    public static partial void PlainCookie(ILogger logger, string name);

    [LoggerMessage(1020, LogLevel.Warning, "AllowForwardedHostsInDevelopment is on: "
        + "requests that a proxy on this machine forwards for {Hosts} are taken. Whoever reaches that proxy reaches "
        + "this server.")]
    public static partial void TakesForwardedHosts(ILogger logger, string hosts);

    [LoggerMessage(1036, LogLevel.Warning, "RSC1036 A standby may lack what was acknowledged: {Standbys}. Name it in "
        + "synchronous_standby_names, or do not promote it: a failover to it can lose revocations.")]
    public static partial void AsynchronousStandbys(ILogger logger, string standbys);

    [LoggerMessage(1603, LogLevel.Warning, "The keys at {Url} could not be fetched: {Reason}")]
    public static partial void IssuerKeysUnavailable(ILogger logger, string url, string reason);

    [LoggerMessage(2204, LogLevel.Warning, "RSC2204 The client {ClientId} has more live verifiers than its share of "
        + "{Share}: further ones "
        + "are served, and every receipt says that they are not counted. "
        + "Check whether its instances keep their id over restarts, or raise verifiers in its record.")]
    public static partial void PastShareOfVerifiers(ILogger logger, string clientId, int share);

    [LoggerMessage(1901, LogLevel.Error, "The store is unavailable: {Reason} Request {RequestId} was answered 503.")]
    public static partial void StoreUnavailable(ILogger logger, string reason, string requestId);

    [LoggerMessage(1903, LogLevel.Error, "Request {RequestId} failed.")]
    public static partial void RequestFailed(ILogger logger, Exception failure, string requestId);
}
