using Microsoft.AspNetCore.Http;
using Rescind.Authority.Diagnostics;
using Rescind.Authority.Sessions;
using Rescind.Authority.Stores;

namespace Rescind.Authority.Http.Output;

/// <summary>
/// What a caller is told when an endpoint does not get to answer. Never a stack trace, a path or a message of somebody else's.
/// </summary>
internal static class Failures
{
    private const int ClaimsRefusedRetrySeconds = 60;

    private const int LongestClockRetrySeconds = 60;

    public static Refusal NotStarted() => new(Errors.NotStarted) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds };

    /// <summary>The application's own time limit for requests has run out.</summary>
    public static Refusal TimedOut() => new(Errors.TimedOut) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds };

    // Only what the application says next can change it, which no caller hurries by asking again.
    private static Refusal ClaimsRefused(Error rule) =>
        new(Errors.ClaimsRefused, $"The rule is {rule.Code}: {rule.Title}") { RetryAfterSeconds = ClaimsRefusedRetrySeconds };

    // Whoever looks after the clock may set it right at any time, so nobody is told to wait for long.
    private static Refusal ClockRefused(ClockRefusal refusal) => new(refusal.Error, refusal.Specifics)
    {
        RetryAfterSeconds = (int)Math.Ceiling(
            Math.Clamp(refusal.Lasts.TotalSeconds, Refusal.UnavailableRetrySeconds, LongestClockRetrySeconds)),
    };

    public static Refusal Of(Exception failure) => failure switch
    {
        ClockRefusedException { Refusal: var refusal } => ClockRefused(refusal),
        ForgottenException { Specifics: var specifics } => Errors.VerifierBehind.Refusal(specifics),
        StoreUnavailableException => new(Errors.Unavailable) { RetryAfterSeconds = Refusal.UnavailableRetrySeconds },
        ClaimsUnavailableException => ClaimsUnavailableException.Refusal,
        ClaimsRefusedException refused => ClaimsRefused(refused.Broken.Error),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Errors.BodyTooLarge.Refusal(),
        BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Errors.BodyTooSlow.Refusal(),
        BadHttpRequestException => Errors.MalformedRequest.Refusal(),
        _ => Errors.Unexpected.Refusal(),
    };

    /// <summary>What the routing of a server of our own refuses by a bare status.</summary>
    public static Refusal OfStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => Errors.NoSuchRoute.Refusal(),
        StatusCodes.Status405MethodNotAllowed => Errors.NoSuchMethod.Refusal(),
        _ => Errors.MalformedRequest.Refusal(),
    };

    /// <summary>The refusal as a problem, or in the words of OAuth.</summary>
    public static IResult Answer(Refusal refusal, bool asOAuth) => Answer(refusal.Problem(), asOAuth);

    /// <summary>The problem as it is, or in the words of OAuth.</summary>
    public static IResult Answer(Problem problem, bool asOAuth) => asOAuth
        ? new OAuthError(InWordsOfOAuth(problem.Refusal)) { Challenge = problem.Challenge }
        : problem;

    private static OAuthRefusal InWordsOfOAuth(Refusal refusal) => new(OAuthCodeOf(refusal.Error), DescriptionOf(refusal))
    {
        Status = refusal.Error.Status, Code = refusal.Error.Code, RetryAfterSeconds = refusal.RetryAfterSeconds,
    };

    // Until when a clock is refused is the next step itself; what is wrong with a form is all that there is to say.
    private static string DescriptionOf(Refusal refusal) =>
        refusal.Error == Errors.ClockAhead || refusal.Error == Errors.ClockBehind ? $"{refusal.Error.Title} {refusal.Specifics}"
        : refusal.Error == Errors.MalformedForm ? refusal.Specifics ?? refusal.Error.Title
        : refusal.Error.Title;

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
