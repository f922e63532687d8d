using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Endpoints;

/// <summary>What a caller is told when an endpoint does not get to answer. Never a stack trace, a path or a message of somebody else's.</summary>
internal static class Failures
{
    private const int ClaimsRefusedRetrySeconds = 60;

    private const int LongestClockRetrySeconds = 60;

    public static Problem NotStarted() => new(Errors.NotStarted) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds };

    /// <summary>The application's own time limit for requests has run out.</summary>
    public static Problem TimedOut() => new(Errors.TimedOut) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds };

    public static Problem IssuerKeysUnknown(TimeSpan retryAfter) =>
        new(Errors.IssuerKeysUnknown) { RetryAfterSeconds = (int)Math.Ceiling(retryAfter.TotalSeconds) };

    // Only what the application says next can change it, which no caller hurries by asking again.
    private static Problem ClaimsRefused(Error rule) =>
        new(Errors.ClaimsRefused, $"The rule is {rule.Code}: {rule.Title}") { RetryAfterSeconds = ClaimsRefusedRetrySeconds };

    // Whoever looks after the clock may set it right at any time, so nobody is told to wait for long.
    private static Problem ClockRefused(ClockRefusal refusal) => new(refusal.Error, refusal.Specifics)
    {
        RetryAfterSeconds = (int)Math.Ceiling(Math.Clamp(refusal.Lasts.TotalSeconds, OAuthError.UnavailableRetrySeconds, LongestClockRetrySeconds)),
    };

    public static Problem Of(Exception failure) => failure switch
    {
        ClockRefusedException { Refusal: var refusal } => ClockRefused(refusal),
        ForgottenException { Specifics: var specifics } => Errors.VerifierBehind.Problem(specifics),
        StoreUnavailableException => new(Errors.Unavailable) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds },
        ClaimsUnavailableException => new(Errors.ClaimsUnavailable) { RetryAfterSeconds = OAuthError.UnavailableRetrySeconds },
        ClaimsRefusedException refused => ClaimsRefused(refused.Broken.Error),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge.Problem(),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Errors.BodyTooSlow.Problem(),
        BadHttpRequestException => Errors.MalformedRequest.Problem(),
        _ => Errors.Unexpected.Problem(),
    };

    /// <summary>What the routing of a server of our own refuses by a bare status.</summary>
    public static Problem OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => Errors.NoSuchRoute.Problem(),
        StatusCodes.Status405MethodNotAllowed => Errors.NoSuchMethod.Problem(),
        _ => Errors.MalformedRequest.Problem(),
    };

    /// <summary>The problem as it is, or in the words of OAuth.</summary>
    public static IResult Answer(Problem problem, bool asOAuth) => !asOAuth ? problem : new OAuthError(
        problem.Error.Status, OAuthCodeOf(problem.Error), DescriptionOf(problem))
    {
        Code = problem.Error.Code, Challenge = problem.Challenge, RetryAfterSeconds = problem.RetryAfterSeconds,
    };

    // Until when a clock is refused is the next step itself.
    private static string DescriptionOf(Problem problem) =>
        problem.Error == Errors.ClockAhead || problem.Error == Errors.ClockBehind
            ? $"{problem.Error.Title} {problem.Specifics}" : problem.Error.Title;

    // Not invalid_grant, by which clients end their session: the grant is good.
    private static string OAuthCodeOf(Error error) => error.Status switch
    {
        _ when error == Errors.ClaimsRefused => "server_error",
        StatusCodes.Status401Unauthorized => "invalid_token",
        StatusCodes.Status403Forbidden => "insufficient_scope",
        StatusCodes.Status503ServiceUnavailable => "temporarily_unavailable",
        >= 500 => "server_error",
        _ => "invalid_request",
    };
}
