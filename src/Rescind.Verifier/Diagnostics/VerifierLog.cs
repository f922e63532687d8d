using Microsoft.Extensions.Logging;

namespace Rescind.Verifier.Diagnostics;

/// <summary>
/// Every log line of the verifier. Names ids, never a token or a secret (G7). The id of a failure is its error number.
/// </summary>
internal static partial class VerifierLog
{
    [LoggerMessage(3100, LogLevel.Information,
        "The verifier {Name} ({Instance}) follows the feed; its bound is {Bound}, the smallest freshness demanded {Freshness}.")]
    public static partial void Following(ILogger logger, string name, string instance, TimeSpan bound, TimeSpan freshness);

    [LoggerMessage(3101, LogLevel.Information,
        "The replica is current: epoch {Epoch}, position {Position}, {Entries} entries.")]
    public static partial void Current(ILogger logger, string epoch, LogPosition position, int entries);

    [LoggerMessage(3102, LogLevel.Information, "The verifier has left the feed.")]
    public static partial void Left(ILogger logger);

    [LoggerMessage(3103, LogLevel.Information,
        "A token was refused ({Verdict}): id {TokenId}, session {SessionId}, by {RevocationId}.")]
    public static partial void Refused(
        ILogger logger, VerdictKind verdict, string? tokenId, string? sessionId, string? revocationId);

    [LoggerMessage(3104, LogLevel.Debug, "What was sent is no token that may be looked at: {Fault}.")]
    public static partial void NotRead(ILogger logger, string fault);

    [LoggerMessage(3105, LogLevel.Information, "The Authority answers introspection again.")]
    public static partial void Answered(ILogger logger);

    [LoggerMessage(3106, LogLevel.Information,
        "A live connection ({Kind}) is over: {Code} {Reason}, token {TokenId}, session {SessionId}.")]
    public static partial void ConnectionShut(
        ILogger logger, string kind, int code, string reason, string? tokenId, string? sessionId);

    [LoggerMessage(3107, LogLevel.Information,
        "A live connection ({Kind}) did not take its close ({Code}) in time and was dropped.")]
    public static partial void ConnectionDropped(ILogger logger, string kind, int code);

    [LoggerMessage(3108, LogLevel.Warning,
        "A new token of a live connection ({Kind}) could not be judged; the present one goes on counting.")]
    public static partial void RenewalFailed(ILogger logger, string kind, Exception failure);

    [LoggerMessage(3109, LogLevel.Warning, "Code of the app that listens to the end of a live connection ({Kind}) threw.")]
    public static partial void StopFailed(ILogger logger, string kind, Exception failure);

    [LoggerMessage(3016, LogLevel.Warning,
        "{Hub} is a hub, whose clients put their token into the URL, "
        + "and Microsoft.AspNetCore.Hosting.Diagnostics logs at Information: "
        + "it writes the token of each connection. Set Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics to Warning. "
        + "See docs/errors/RSC3016.md.")]
    public static partial void TokensLogged(ILogger logger, string? hub);

    [LoggerMessage(3201, LogLevel.Error,
        "The replica is {Age} old, the bound is {Bound}: tokens are answered 503. See docs/errors/RSC3201.md.")]
    public static partial void Stale(ILogger logger, TimeSpan age, TimeSpan bound);

    [LoggerMessage(3203, LogLevel.Warning, "The feed cannot be followed: {Trouble}")]
    public static partial void Trouble(ILogger logger, string trouble);

    [LoggerMessage(3205, LogLevel.Critical,
        "The log holds an entry that this version does not know: tokens are answered 503. See docs/errors/RSC3205.md.")]
    public static partial void TooOld(ILogger logger);

    [LoggerMessage(3206, LogLevel.Critical,
        "The Authority's log does not continue the one known here; {Forks} older logs are judged beside it. "
        + "See docs/errors/RSC3206.md.")]
    public static partial void Forked(ILogger logger, int forks);

    [LoggerMessage(3207, LogLevel.Error,
        "Following the feed failed in an unforeseen way; it is tried again. See docs/errors/RSC3207.md.")]
    public static partial void FollowingFailed(ILogger logger, Exception failure);

    [LoggerMessage(3208, LogLevel.Warning, "No token can be asked about for a while: {Trouble}")]
    public static partial void Unanswered(ILogger logger, string trouble);

    [LoggerMessage(3301, LogLevel.Warning,
        "The keys of {Issuer} could not be fetched: its tokens are answered 503. See docs/errors/RSC3301.md.")]
    public static partial void MetadataUnavailable(ILogger logger, string issuer, Exception failure);

    [LoggerMessage(3302, LogLevel.Information,
        "A token names an issuer that is not registered: answered 503. See docs/errors/RSC3302.md.")]
    public static partial void IssuerUnknown(ILogger logger);

    [LoggerMessage(3403, LogLevel.Warning,
        "{Route} closes on revocation, and somebody was let in without a token to watch: answered 401. "
        + "See docs/errors/RSC3403.md.")]
    public static partial void NothingToWatch(ILogger logger, string? route);
}
