namespace Rescind.Client.Diagnostics;

/// <summary>
/// Why no token can be had, as a value: a refresh has many waiting for it, and each of them throws an exception of its own.
/// </summary>
internal sealed record SessionFailure(Error Error, string? Particulars = null, Exception? Cause = null)
{
    /// <summary>Whether asking again may help.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the other end asks to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>There if the session is over for good.</summary>
    public SessionEnd? End { get; init; }

    public string Sentence => Error.Sentence(Particulars);

    public static SessionFailure NoSession { get; } = new(ClientErrors.NoSession);

    public static SessionFailure AnotherLogin { get; } =
        new(ClientErrors.NoSession, "The one that the call was made in is over: another login has come while it waited.");

    public static SessionFailure Of(SessionEnd end) =>
        new(ClientErrors.SessionEnded, $"Reason: {end.Reason ?? "not given"}.") { End = end };

    public SessionException ToException() =>
        End is not null ? new SessionEndedException(Error, Sentence, End)
        : Error == ClientErrors.NoSession ? new SessionException(Error, Sentence, Cause)
        : new RefreshFailedException(Error, Sentence, IsTransient, Cause);
}
